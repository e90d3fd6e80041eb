/**
 * Folders that survive a crash of a step, by its fingerprint: they stay until it is on record that the step has finished.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { realDisk, type Disk } from '../disk.js';
import type { Digest } from './artifact-store.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';

/** The folder of a step, whether it exists or not. */
export function checkpointFolder(root: StoreRoot, fingerprint: Digest): string {
  return join(root.checkpoints, fingerprint);
}

/** Removes the folder of a step that is recorded as finished. What cannot be removed now is so by a later run. */
export async function dropCheckpoints(root: StoreRoot, fingerprint: Digest, disk: Disk = realDisk): Promise<void> {
  await disk.removeTree(checkpointFolder(root, fingerprint)).catch(() => undefined);
}

/** Removes the folders of finished steps that were left because their run died. */
export async function sweepCheckpoints(
  root: StoreRoot,
  isFinished: (fingerprint: Digest) => boolean,
  disk: Disk = realDisk,
): Promise<void> {
  try {
    for (const name of await readdir(root.checkpoints).catch(() => [])) {
      if (isFinished(name)) await disk.removeTree(join(root.checkpoints, name));
    }
  } catch (error) {
    throw StoreError.from(error, `removing checkpoints of finished steps in ${root.checkpoints}`);
  }
}
