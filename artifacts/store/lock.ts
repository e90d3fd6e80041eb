/**
 * A lock that a dead owner cannot hold: a file with the identity of the process that took it.
 */
import { systemErrorCode } from '../system-error.js';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { realDisk, type Disk } from '../disk.js';
import type { ProcessIdentity } from '../metadata/records.js';
import { currentProcess, isAlive, parseProcessIdentity } from '../process-identity.js';
import { StoreError } from './store-error.js';

/** A lock that was taken, or who has it. */
export type LockAttempt =
  { readonly taken: true; release(): Promise<void> } | { readonly taken: false; readonly heldBy: ProcessIdentity };

/**
 * Tries to take a lock. One whose owner is dead, or whose file is torn, is moved aside first; only one of several
 * processes that try so at once succeeds in moving that very file.
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
        return { taken: true, release: () => release(path, mine, disk) };
      }
      const found = await read(path);
      if (found === undefined) continue;
      const owner = parseProcessIdentity(found);
      if (owner !== undefined && isAlive(owner)) return { taken: false, heldBy: owner };
      await breakLock(path, found, temporary, disk);
    }
  } catch (error) {
    throw StoreError.from(error, `locking ${path}`);
  }
}

async function read(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** Moves a dead lock aside; puts it back when another process has meanwhile replaced it by a live one. */
async function breakLock(path: string, dead: string, temporary: () => string, disk: Disk): Promise<void> {
  const aside = temporary();
  try {
    await disk.rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await read(aside);
  if (moved !== undefined && moved !== dead) await disk.createFile(path, moved, temporary());
  await disk.removeFile(aside);
}

async function release(path: string, mine: string, disk: Disk): Promise<void> {
  try {
    if ((await read(path)) === mine) await disk.removeFile(path);
  } catch (error) {
    throw StoreError.from(error, `unlocking ${path}`);
  }
}
