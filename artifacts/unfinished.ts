/**
 * What is being written outside a store, near the place that it is renamed to: its name bears the identity of its
 * process, so that what a dead one left is known, and goes when the next file or folder is written there.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { realDisk, type Disk } from './disk.js';
import { isAlive, nameOfProcess, processOfName } from './process-identity.js';

const NAME = /^\.pipeline-(?<owner>[\w-]+)\.[0-9a-f]{8}\.tmp$/u;

/** A path in a folder that nothing has yet. It is renamed away, or removed by who writes there. */
export function unfinishedPath(folder: string): string {
  return join(folder, `.pipeline-${nameOfProcess()}.${randomUUID().slice(0, 8)}.tmp`);
}

function isOwn(path: string): boolean {
  return process.getuid === undefined || lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid();
}

/**
 * Removes what dead processes of this user have left in a folder. What cannot be removed stays: nobody is hindered by it.
 * A process of another machine cannot be asked, and what it writes is left alone, unless it has not been written to for long.
 *
 * @param abandoned - what was last written to before is no longer being written, whoever did: milliseconds since 1970
 */
export async function sweepUnfinished(folder: string, abandoned = -Infinity, disk: Disk = realDisk): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const owner = processOfName(NAME.exec(name)?.groups?.['owner'] ?? '');
    if (owner === undefined) continue;
    const isLeft = isAlive(owner)
      ? (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < abandoned
      : isOwn(path);
    if (isLeft) await disk.removeTree(path).catch(() => undefined);
  }
}

/** Works with a path in a folder, which is cleared before of what dead processes left; nothing stays under the path. */
export async function withUnfinished<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  await sweepUnfinished(folder);
  const path = unfinishedPath(folder);
  try {
    return await work(path);
  } finally {
    await realDisk.removeTree(path).catch(() => undefined);
  }
}
