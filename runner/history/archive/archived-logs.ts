/**
 * What steps have said, in archives of runs: their logs as they stand in the store, each under its digest.
 */
import { existsSync, lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile } from '../../../artifacts/digest.js';
import { realDisk } from '../../../artifacts/disk.js';
import type { Digest } from '../../../artifacts/store/artifact-store.js';
import { stagingPaths } from '../../../artifacts/store/staging.js';
import type { StoreRoot } from '../../../artifacts/store/store-root.js';
import { recordedLog } from '../../../artifacts/store/step-log.js';
import { ARCHIVE, badArchive, type ArchivedRecords, type PackedFile } from './archive-format.js';

/** Path of a log in an archive. */
export function archivedLog(digest: Digest): string {
  return `${ARCHIVE.logs}/${digest}.log`;
}

/** The logs that go into an archive. */
export class PackedLogs {
  readonly #files = new Map<Digest, string>();

  constructor(private readonly root: StoreRoot) {}

  /** The digest of a recorded log, which goes into the archive; undefined where a step said nothing, or its log is gone. */
  async add(log: string | undefined): Promise<Digest | undefined> {
    const path = recordedLog(this.root.path, log);
    if (path === undefined || lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    const { sha256 } = await hashFile(path);
    if (!this.#files.has(sha256)) this.#files.set(sha256, path);
    return sha256;
  }

  get files(): readonly PackedFile[] {
    return [...this.#files]
      .map(([digest, absolute]) => ({ absolute, path: archivedLog(digest) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** Every log that is recorded is there, and is what its digest promises. @throws RequestError `bad-archive` */
export async function verifyLogs(folder: string, { executions }: ArchivedRecords): Promise<ReadonlySet<Digest>> {
  const digests = new Set(executions.flatMap(({ log }) => log ?? []));
  for (const digest of digests) {
    const path = join(folder, archivedLog(digest));
    if (!existsSync(path)) throw badArchive(`the log ${digest.slice(0, 12)} is missing`);
    if ((await hashFile(path)).sha256 !== digest) {
      throw badArchive(`the log ${digest.slice(0, 12)} has other content than its digest promises`);
    }
  }
  return digests;
}

/**
 * Puts logs of an unpacked archive where the records say; one that is there stays.
 *
 * @param logs - digests by the path below the root
 */
export async function placeLogs(folder: string, root: StoreRoot, logs: ReadonlyMap<string, Digest>): Promise<void> {
  const temporary = stagingPaths(root);
  for (const [log, digest] of logs) {
    const path = recordedLog(root.path, log);
    if (path === undefined || existsSync(path)) continue;
    await realDisk.makeFolder(dirname(path));
    await realDisk.writeFile(path, await readFile(join(folder, archivedLog(digest))), temporary());
  }
}
