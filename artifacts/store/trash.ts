/**
 * What garbage collection took out of a store, in numbered batches: brought back whole, or removed for good. A batch's
 * journal is written before anything moves, so that whatever instant a process dies at, it can be taken back.
 */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { isDigest } from '../digest.js';
import { realDisk, type Disk } from '../disk.js';
import { isMapping, mappingOf } from '../mapping.js';
import type { Standing } from '../metadata/metadata-store.js';
import { pathFault } from '../portable-path.js';
import { systemErrorCode } from '../system-error.js';
import type { Digest } from './artifact-store.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';

/** What is needed to bring a batch back. */
export interface Journal {
  readonly version: 1;
  /** When it was made; milliseconds since 1970. */
  readonly at: number;
  readonly artifacts: readonly (Standing & { readonly digest: Digest; readonly bytes: number })[];
  /** Names of folders of damaged artifacts. */
  readonly quarantined: readonly string[];
}

/** A batch in the trash. */
export interface Batch {
  readonly path: string;
  readonly journal: Journal;
}

const JOURNAL = 'journal.json';

/** Ending of a batch that is being removed for good: it is not brought back any more. */
const PURGED = '.purged';

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

async function names(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** The two names of an artifact: its folder, and its manifest. */
function artifactNames(digest: Digest): readonly [folder: string, manifest: string] {
  return [digest, `${digest}.manifest.json`];
}

async function moveIfThere(from: string, to: string, disk: Disk): Promise<void> {
  if (await isThere(from)) await disk.rename(from, to);
}

/** Its names become those of files here. */
function isJournal(value: unknown): value is Journal {
  const { version, artifacts, quarantined } = mappingOf(value) ?? {};
  return (
    version === 1 &&
    Array.isArray(artifacts) &&
    artifacts.every((each) => isMapping(each) && typeof each['digest'] === 'string' && isDigest(each['digest'])) &&
    Array.isArray(quarantined) &&
    quarantined.every((name) => typeof name === 'string' && pathFault(name) === undefined && !name.includes('/'))
  );
}

async function readJournal(path: string): Promise<Journal | undefined> {
  const text = await readFile(join(path, JOURNAL), 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  // Died before the journal was there: nothing had been moved.
  if (text === undefined) return undefined;
  try {
    const journal: unknown = JSON.parse(text);
    if (isJournal(journal)) return journal;
  } catch {
    // Told below.
  }
  throw new StoreError('damaged-trash', `${join(path, JOURNAL)} is damaged`, 'move what lies beside it by hand');
}

/** The batches that can be brought back, oldest first. */
export async function trashBatches(root: StoreRoot): Promise<readonly Batch[]> {
  const numbers = (await names(root.trash)).filter((name) => /^\d+$/u.test(name)).sort((a, b) => Number(a) - Number(b));
  const batches = await Promise.all(
    numbers.map(async (name) => {
      const path = join(root.trash, name);
      const journal = await readJournal(path);
      return journal === undefined ? [] : [{ path, journal }];
    }),
  );
  return batches.flat();
}

/** Begins a batch: its journal is durable when this is done. */
export async function beginBatch(root: StoreRoot, journal: Journal, disk: Disk = realDisk): Promise<Batch> {
  const last = Math.max(0, ...(await names(root.trash)).map((name) => Number.parseInt(name, 10) || 0));
  const path = join(root.trash, String(last + 1));
  for (const folder of ['artifacts', 'quarantine']) await disk.makeFolder(join(path, folder));
  await disk.writeFile(join(path, JOURNAL), canonicalJson(journal));
  await disk.sync(root.trash);
  return { path, journal };
}

/** Moves an artifact into a batch. */
export async function throwAway(
  root: StoreRoot,
  { path }: Batch,
  digest: Digest,
  disk: Disk = realDisk,
): Promise<void> {
  // The folder first: an artifact without a folder is missing, one without a manifest would be damaged.
  for (const name of artifactNames(digest)) {
    await moveIfThere(join(root.artifacts, name), join(path, 'artifacts', name), disk);
  }
}

/** Moves the folder of a damaged artifact into a batch. */
export async function throwAwayQuarantined(
  root: StoreRoot,
  { path }: Batch,
  name: string,
  disk: Disk = realDisk,
): Promise<void> {
  await moveIfThere(join(root.quarantine, name), join(path, 'quarantine', name), disk);
}

/** Brings an artifact back, unless it has been made again since. */
export async function bringBack(
  root: StoreRoot,
  { path }: Batch,
  digest: Digest,
  disk: Disk = realDisk,
): Promise<void> {
  if (await isThere(join(root.artifacts, digest))) return;
  // As when it was published: the manifest is there when the folder appears.
  for (const name of artifactNames(digest).toReversed()) {
    await moveIfThere(join(path, 'artifacts', name), join(root.artifacts, name), disk);
  }
}

/** Brings the folder of a damaged artifact back. */
export async function bringBackQuarantined(
  root: StoreRoot,
  { path }: Batch,
  name: string,
  disk: Disk = realDisk,
): Promise<void> {
  await disk.makeFolder(root.quarantine);
  await moveIfThere(join(path, 'quarantine', name), join(root.quarantine, name), disk);
}

/** Removes a batch for good. */
export async function removeBatch(path: string, disk: Disk = realDisk): Promise<void> {
  const going = path.endsWith(PURGED) ? path : `${path}${PURGED}`;
  // Renamed first: half of a batch must never be brought back.
  if (going !== path) await disk.rename(path, going);
  await disk.removeTree(going);
}

/** Removes all that is in the trash for good. */
export async function emptyTrash(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  for (const name of await names(root.trash)) await removeBatch(join(root.trash, name), disk);
}
