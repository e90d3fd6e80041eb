/**
 * User code that a store has kept, in archives of runs: as steps were executed with it, whatever its files hold now.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../../artifacts/digest.js';
import type { Digest } from '../../../artifacts/store/artifact-store.js';
import { codePath, keptCode, keptDigests } from '../../../artifacts/store/kept-code.js';
import type { StoreRoot } from '../../../artifacts/store/store-root.js';
import { ARCHIVE, badArchive, type ArchivedRecords, type PackedFile } from './archive-format.js';

/** Path of code in an archive. */
export function archivedCode(digest: Digest): string {
  return `${ARCHIVE.code}/${digest}.json`;
}

function isNamed(digest: Digest, { fingerprints }: ArchivedRecords): boolean {
  return [...fingerprints.values()].some(({ document }) => document.includes(digest));
}

/** The code of all executions of an archive, as far as it was kept and is what its digest promises. */
export async function packedCode(root: StoreRoot, records: ArchivedRecords): Promise<readonly PackedFile[]> {
  const files: PackedFile[] = [];
  for (const digest of await keptDigests(root)) {
    if (!isNamed(digest, records) || (await keptCode(root, digest)) === undefined) continue;
    files.push({ absolute: codePath(root, digest), path: archivedCode(digest) });
  }
  return files;
}

/**
 * The code of an unpacked archive: each is what its digest promises, and some execution was made with it.
 *
 * @param paths - of all that was unpacked
 * @throws RequestError `bad-archive`
 */
export async function verifyCode(
  folder: string,
  paths: readonly string[],
  records: ArchivedRecords,
): Promise<ReadonlySet<Digest>> {
  const digests = paths.flatMap((path) => /^code\/([0-9a-f]{64})\.json$/u.exec(path)?.[1] ?? []);
  for (const digest of digests) {
    if (!isNamed(digest, records)) throw badArchive(`no step was executed with the code ${digest.slice(0, 12)}`);
    if (sha256Hex(await readFile(join(folder, archivedCode(digest)), 'utf8')) !== digest) {
      throw badArchive(`the code ${digest.slice(0, 12)} has other content than its digest promises`);
    }
  }
  return new Set(digests);
}
