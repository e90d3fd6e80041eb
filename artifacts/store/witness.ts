/**
 * Stat witnesses: what the system says of an artifact's files and folders without reading them. A folder whose times are
 * as they were has the same names in it, so nothing needs to be listed. Synchronous on purpose: thousands of artifacts are
 * looked at before a run begins, and a call takes less time than handing it to another thread.
 */
import { existsSync, lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { StatWitness } from './artifact-store.js';
import { StoreError } from './store-error.js';

type Facts = StatWitness[string];

function factsOf(info: BigIntStats): Facts {
  return [Number(info.size), String(info.mtimeNs), String(info.ctimeNs), String(info.ino)];
}

/**
 * The witness of a folder as it is now.
 *
 * @throws StoreError `not-a-file` for a link and for anything that is neither file nor folder; the system's error for what
 * cannot be read
 */
export function folderWitness(folder: string): StatWitness {
  const seen: [path: string, facts: Facts][] = [];
  const visit = (absolute: string, path: string): void => {
    const info = lstatSync(absolute, { bigint: true });
    if (info.isDirectory()) {
      seen.push([`${path}/`, factsOf(info)]);
      for (const name of readdirSync(absolute)) visit(join(absolute, name), path === '' ? name : `${path}/${name}`);
    } else if (info.isFile()) {
      seen.push([path, factsOf(info)]);
    } else {
      const what = info.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
      throw new StoreError('not-a-file', `${absolute} is ${what}`, 'write the file itself into the artifact');
    }
  };
  visit(folder, '');
  // Entries, not assignment: a file may be named __proto__.
  return Object.fromEntries(seen);
}

/**
 * Whether a folder is as its witness saw it.
 *
 * @throws the system's error for what is gone
 */
export function isAsWitnessed(folder: string, witness: StatWitness): boolean {
  // One without folders was written by an older release, and says nothing of files that were added.
  if (!Object.hasOwn(witness, '/')) return false;
  return Object.entries(witness).every(([path, facts]) => {
    const now = factsOf(lstatSync(join(folder, path), { bigint: true }));
    return now.every((fact, index) => fact === facts[index]);
  });
}

/** A file or folder that is not as it was, before and after the folder was moved as a whole; undefined when all are. */
export function changedBetween(before: StatWitness, after: StatWitness): string | undefined {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const isFolder = (path: string): boolean => path.endsWith('/');
  // Files first: they say more than the folder that has got one.
  return [...paths.filter((path) => !isFolder(path)), ...paths.filter(isFolder)].find((path) => {
    const [size, mtime, ctime, inode] = before[path] ?? [];
    const now = after[path] ?? [];
    // Moving changes the ctime of what is moved.
    return size !== now[0] || mtime !== now[1] || (path !== '/' && ctime !== now[2]) || inode !== now[3];
  });
}

/** Where the manifest of an artifact's folder lies. */
export function manifestPathOf(folder: string): string {
  return `${folder}.manifest.json`;
}

/**
 * Whether an artifact stands, with its manifest, as its witness saw it.
 *
 * @param folder - of the artifact, in the store
 * @throws the system's error for what is gone
 */
export function standsAsWitnessed(folder: string, witness: StatWitness): boolean {
  return existsSync(manifestPathOf(folder)) && isAsWitnessed(folder, witness);
}
