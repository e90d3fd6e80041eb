/**
 * User code as steps were executed with it, so that old code can be run again: texts under their own SHA-256. What the
 * texts mean is the business of who makes them. A journal beside them knows what was ever kept, so that what is gone is
 * told from what never was: in a store of an older release, or from an archive without code.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest, sha256Hex } from '../digest.js';
import { openAppended, realDisk, type Disk } from '../disk.js';
import { systemErrorCode } from '../system-error.js';
import type { Digest } from './artifact-store.js';
import { stagingPaths } from './staging.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';
import { WITHOUT_WAITING } from './without-waiting.js';

const ENDING = '.json';

/** Where code lies, if it was kept. */
export function codePath(root: StoreRoot, digest: Digest): string {
  return join(root.code, `${digest}${ENDING}`);
}

/** What the journal says of code: the last line about it counts. */
type Noted = 'kept' | 'lost';

/** Each line begins with a break: one that was torn spoils no other. */
function note(root: StoreRoot, digest: Digest, what: Noted): void {
  const journal = openAppended(root.codeJournal);
  try {
    journal.append(`\n${what} ${digest}`);
  } finally {
    journal.close();
  }
}

/** All that the journal knows. */
export async function codeJournal(root: StoreRoot): Promise<ReadonlyMap<Digest, Noted>> {
  const text = await readFile(root.codeJournal, WITHOUT_WAITING).catch(() => '');
  const lines = text.matchAll(/^(kept|lost) ([0-9a-f]{64})$/gmu);
  return new Map(Array.from(lines, ([, what = '', digest = '']) => [digest, what as Noted]));
}

/** Keeps a text whose SHA-256 is `digest`; the staging of this process is open. @throws StoreError */
export async function keepCode(root: StoreRoot, digest: Digest, text: string, disk: Disk = realDisk): Promise<void> {
  const path = codePath(root, digest);
  if (existsSync(path)) return;
  try {
    if (!existsSync(root.code)) await disk.makeFolder(root.code);
    await disk.writeFile(path, text, stagingPaths(root)());
    note(root, digest, 'kept');
  } catch (error) {
    throw StoreError.from(error, 'keeping user code');
  }
}

/**
 * A text that was kept.
 *
 * @returns undefined when it was not, or is not what its digest promises
 */
export async function keptCode(root: StoreRoot, digest: Digest): Promise<string | undefined> {
  try {
    const text = await readFile(codePath(root, digest), WITHOUT_WAITING);
    return sha256Hex(text) === digest ? text : undefined;
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw StoreError.from(error, 'reading user code that was kept');
  }
}

/** Why there is no code of a digest that could be executed. */
export type CodeFault = 'damaged' | 'gone' | 'never kept';

/** Says why {@link keptCode} finds nothing. */
export async function codeFault(root: StoreRoot, digest: Digest): Promise<CodeFault> {
  if (existsSync(codePath(root, digest))) return 'damaged';
  return (await codeJournal(root)).has(digest) ? 'gone' : 'never kept';
}

/** Notes that code was found to be gone, so that it is told once. @throws StoreError */
export function noteLoss(root: StoreRoot, digest: Digest): void {
  try {
    note(root, digest, 'lost');
  } catch (error) {
    throw StoreError.from(error, 'noting the loss of user code');
  }
}

/** Digests of all that was kept, in order. */
export async function keptDigests(root: StoreRoot): Promise<readonly Digest[]> {
  const names = await readdir(root.code).catch(() => []);
  return names
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .filter(isDigest)
    .sort();
}

/**
 * Takes damaged code out of the way of what it should be, which is kept again when a step is executed with it.
 *
 * @returns where it is now; undefined when it was gone already
 */
export async function quarantineCode(
  root: StoreRoot,
  digest: Digest,
  disk: Disk = realDisk,
): Promise<string | undefined> {
  const target = join(root.quarantine, `${digest}.${randomUUID()}`);
  try {
    await disk.makeFolder(target);
    await disk.rename(codePath(root, digest), join(target, 'code.json'));
    await disk.sync(root.code);
    note(root, digest, 'lost');
    return target;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw StoreError.from(error, `moving damaged code ${digest} to quarantine`);
  }
}

/**
 * Removes what is not needed any more.
 *
 * @param neededBy - documents that name digests of what is needed; asked for when what there is has been listed, so that
 *   what a run keeps meanwhile stays
 */
export async function dropCode(
  root: StoreRoot,
  neededBy: () => readonly string[],
  disk: Disk = realDisk,
): Promise<void> {
  const digests = await keptDigests(root);
  if (digests.length === 0) return;
  const needed = new Set(neededBy().flatMap((document) => document.match(/[0-9a-f]{64}/gu) ?? []));
  for (const digest of digests) if (!needed.has(digest)) await disk.removeFile(codePath(root, digest));
}
