/**
 * The place for what is being written: a folder for every process, named by its identity, so that what a dead one left is
 * known and can be removed. Everything that is renamed into its final place comes from here.
 */
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { realDisk, type Disk } from '../disk.js';
import { isAlive, nameOfProcess, processOfName } from '../process-identity.js';
import { endProcesses, processesWith } from '../process-tree.js';
import { systemErrorCode } from '../system-error.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';

/** The staging folder of this very process, whether it exists or not. */
export function ownStaging(root: StoreRoot): string {
  return join(root.staging, nameOfProcess());
}

/** Gives paths in the staging folder of this process that nothing has yet; the folder may have to be made. */
export function stagingPaths(root: StoreRoot): () => string {
  const own = ownStaging(root);
  return () => join(own, randomUUID());
}

/** Makes the staging folder of this process. */
export async function openStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  try {
    await disk.makeFolder(ownStaging(root));
  } catch (error) {
    throw StoreError.from(error, `making a folder in ${root.staging}`);
  }
}

/** The staging folders of processes that have died. */
export async function deadStaging(root: StoreRoot): Promise<readonly string[]> {
  const names = await readdir(root.staging).catch(() => []);
  return names
    .filter((name) => {
      const owner = processOfName(name);
      return owner === undefined || !isAlive(owner);
    })
    .map((name) => join(root.staging, name));
}

/**
 * Removes what dead processes left in staging; that of this process is open. Programs that outlived their run are ended:
 * they are known by their folder for temporary files, which lies there.
 */
export async function sweepStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  const stagingPath = stagingPaths(root);
  try {
    for (const folder of await deadStaging(root)) {
      endProcesses(processesWith('TMPDIR', (path) => path.startsWith(`${folder}${sep}`)));
      // Moved first: what still writes there finds its paths gone.
      const aside = stagingPath();
      try {
        await disk.rename(folder, aside);
      } catch (error) {
        // Another process sweeps too.
        if (systemErrorCode(error) === 'ENOENT') continue;
        throw error;
      }
      await disk.removeTree(aside);
    }
  } catch (error) {
    throw StoreError.from(error, `removing what dead runs left in ${root.staging}`);
  }
}

/**
 * Removes the staging folder of this very process, unless another run in the same process still works there. What is left
 * then goes with the next sweep after the process has ended.
 */
export async function closeStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  try {
    const left = await readdir(ownStaging(root)).catch(() => []);
    if (left.length === 0) await disk.removeTree(ownStaging(root));
  } catch (error) {
    throw StoreError.from(error, `emptying ${root.staging}`);
  }
}
