/**
 * The place for what is being written: a folder for every process, named by its identity, so that what a dead one left is
 * known and can be removed. Everything that is renamed into its final place comes from here.
 */
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { realDisk, type Disk } from '../disk.js';
import { currentProcess, isAlive, parseProcessIdentity } from '../process-identity.js';
import { systemErrorCode } from '../system-error.js';
import { StoreError } from './store-error.js';
import type { StoreRoot } from './store-root.js';

/** The staging folder of this very process, whether it exists or not. */
function ownFolder(root: StoreRoot): string {
  return join(root.staging, Buffer.from(canonicalJson(currentProcess())).toString('base64url'));
}

/** Gives paths in the staging folder of this process that nothing has yet; the folder may have to be made. */
export function stagingPaths(root: StoreRoot): () => string {
  const own = ownFolder(root);
  return () => join(own, randomUUID());
}

/** Makes the staging folder of this process. */
export async function openStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  try {
    await disk.makeFolder(ownFolder(root));
  } catch (error) {
    throw StoreError.from(error, `making a folder in ${root.staging}`);
  }
}

/** Removes what dead processes left in staging; that of this process is open. */
export async function sweepStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  const stagingPath = stagingPaths(root);
  try {
    for (const name of await readdir(root.staging).catch(() => [])) {
      const owner = parseProcessIdentity(Buffer.from(name, 'base64url').toString());
      if (owner !== undefined && isAlive(owner)) continue;
      // Moved first: a program that outlived its run and still writes there finds its paths gone.
      const aside = stagingPath();
      try {
        await disk.rename(join(root.staging, name), aside);
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

/** Removes the staging folder of this very process. */
export async function closeStaging(root: StoreRoot, disk: Disk = realDisk): Promise<void> {
  try {
    await disk.removeTree(ownFolder(root));
  } catch (error) {
    throw StoreError.from(error, `emptying ${root.staging}`);
  }
}
