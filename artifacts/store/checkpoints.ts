/**
 * Folders that survive a crash of a step, by its fingerprint: they stay until it is on record that the step has finished.
 * While a step runs, its folder stands in the staging of its process, so that another run of the same step has one of its
 * own; what a dead process left there is brought back.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { realDisk, type Disk } from '../disk.js';
import { systemErrorCode } from '../system-error.js';
import type { Digest } from './artifact-store.js';
import { deadStaging } from './staging.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';

/** Name of a folder in use. */
const IN_USE = /^checkpoints\.(?<fingerprint>[0-9a-f]{64})\.[\w-]+$/u;

/** Where the folder of a step lies while no process runs it, whether it exists or not. */
function restingPlace(root: StoreRoot, fingerprint: Digest): string {
  return join(root.checkpoints, fingerprint);
}

async function moveUnlessGone(from: string, to: string, disk: Disk): Promise<void> {
  await disk.rename(from, to).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  });
}

/**
 * Takes the folder of a step with what an earlier attempt left in it; where there is nothing, it is still to be made.
 *
 * @param staging - the staging folder of this process
 */
export async function takeCheckpoints(
  root: StoreRoot,
  staging: string,
  fingerprint: Digest,
  disk: Disk = realDisk,
): Promise<string> {
  const resting = restingPlace(root, fingerprint);
  const path = join(staging, `checkpoints.${fingerprint}.${randomUUID()}`);
  try {
    if (existsSync(resting)) await moveUnlessGone(resting, path, disk);
  } catch (error) {
    throw StoreError.from(error, 'taking up checkpoints');
  }
  return path;
}

/** Lays the folder of a step aside, for the next that runs it. What another has laid there meanwhile is as good: it stays. */
export async function leaveCheckpoints(
  root: StoreRoot,
  path: string,
  fingerprint: Digest,
  disk: Disk = realDisk,
): Promise<void> {
  if (!existsSync(path)) return;
  try {
    if ((await readdir(path).catch(() => [])).length > 0) {
      await disk.makeFolder(root.checkpoints);
      await moveUnlessGone(path, restingPlace(root, fingerprint), disk).catch((error: unknown) => {
        if (!['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
      });
    }
    await disk.removeTree(path);
  } catch (error) {
    throw StoreError.from(error, 'keeping checkpoints');
  }
}

/** Removes the folder of a step that is recorded as finished. What cannot be removed now is so by a later run. */
export async function dropCheckpoints(root: StoreRoot, fingerprint: Digest, disk: Disk = realDisk): Promise<void> {
  await disk.removeTree(restingPlace(root, fingerprint)).catch(() => undefined);
}

/** Brings back what dead processes had taken, before their staging is swept, and removes the folders of finished steps. */
export async function sweepCheckpoints(
  root: StoreRoot,
  isFinished: (fingerprint: Digest) => boolean,
  disk: Disk = realDisk,
): Promise<void> {
  for (const staging of await deadStaging(root)) {
    for (const name of await readdir(staging).catch(() => [])) {
      const fingerprint = IN_USE.exec(name)?.groups?.['fingerprint'];
      if (fingerprint !== undefined) await leaveCheckpoints(root, join(staging, name), fingerprint, disk);
    }
  }
  try {
    for (const name of await readdir(root.checkpoints).catch(() => [])) {
      if (isFinished(name)) await disk.removeTree(join(root.checkpoints, name));
    }
  } catch (error) {
    throw StoreError.from(error, `removing checkpoints of finished steps in ${root.checkpoints}`);
  }
}
