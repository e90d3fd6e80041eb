/**
 * A lock that a dead owner cannot hold: a file with the identity of the process that took it.
 *
 * To remove the file of a dead owner one must hold a claim to it, which is such a lock too, named after what the file
 * holds. So the file cannot be another's by the time it is removed: no process comes back to life, and only who has the
 * claim removes a dead one's file. A claim whose owner died is removed in the same way, by a claim to the claim.
 */
import { systemErrorCode } from '../system-error.js';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { sha256Hex } from '../digest.js';
import { realDisk, type Disk } from '../disk.js';
import type { ProcessIdentity } from '../metadata/records.js';
import { currentProcess, isAlive, parseProcessIdentity } from '../process-identity.js';
import { StoreError } from './store-error.js';
import { WITHOUT_WAITING } from './without-waiting.js';

/** A lock that was taken, or who has it. */
export type LockAttempt =
  { readonly taken: true; release(): Promise<void> } | { readonly taken: false; readonly heldBy: ProcessIdentity };

/** Length of what names a claim after the content of a lock, in hexadecimal digits. */
const CLAIM_LENGTH = 16;

/** Endings of claims, and of claims to claims. */
const CLAIM = new RegExp(`^(\\.[0-9a-f]{${String(CLAIM_LENGTH)}})+$`, 'u');

/**
 * Tries to take a lock. One whose owner is dead, or whose file is torn, is removed first; while another process is about
 * to do so, the lock counts as held by that.
 *
 * @param temporary - answers with a path on the same file system that nothing has yet; by default one beside the lock,
 * which stays there when the process is killed
 */
export async function acquireLock(
  path: string,
  temporary: () => string = () => `${path}.${randomUUID()}.tmp`,
  disk: Disk = realDisk,
): Promise<LockAttempt> {
  const mine = canonicalJson(currentProcess());
  try {
    await disk.makeFolder(dirname(path));
    for (;;) {
      if (await disk.createFile(path, mine, temporary())) {
        await sweepClaims(path, disk);
        return { taken: true, release: () => release(path, mine, disk) };
      }
      const found = await read(path);
      if (found === undefined) continue;
      const owner = parseProcessIdentity(found);
      if (owner !== undefined && isAlive(owner)) return { taken: false, heldBy: owner };
      const claim = await acquireLock(`${path}.${sha256Hex(found).slice(0, CLAIM_LENGTH)}`, temporary, disk);
      if (!claim.taken) return claim;
      try {
        if ((await read(path)) === found) await disk.removeFile(path);
      } finally {
        await claim.release();
      }
    }
  } catch (error) {
    throw StoreError.from(error, `locking ${path}`);
  }
}

/** What a lock holds; nothing when it is no file; undefined when it is not there. */
async function read(path: string): Promise<string | undefined> {
  const flag = WITHOUT_WAITING.flag | constants.O_NOFOLLOW;
  return await readFile(path, { ...WITHOUT_WAITING, flag }).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    // A link, which may lead anywhere.
    if (systemErrorCode(error) === 'ELOOP') return '';
    throw error;
  });
}

/**
 * Removes claims that dead processes left to earlier files of this lock, which the caller holds. A live process may have
 * just made one, too late: it looks at the file next, finds that it is the caller's, and leaves it alone.
 */
async function sweepClaims(path: string, disk: Disk): Promise<void> {
  const folder = dirname(path);
  const name = basename(path);
  for (const other of await readdir(folder).catch(() => [])) {
    if (!other.startsWith(name) || !CLAIM.test(other.slice(name.length))) continue;
    // What cannot be removed now is so by a later owner.
    await disk.removeFile(join(folder, other)).catch(() => undefined);
  }
}

async function release(path: string, mine: string, disk: Disk): Promise<void> {
  try {
    if ((await read(path)) === mine) await disk.removeFile(path);
  } catch (error) {
    throw StoreError.from(error, `unlocking ${path}`);
  }
}
