/**
 * Stat witnesses: what the system says of an artifact's files without reading them. Synchronous on purpose: thousands of
 * artifacts are looked at before a run begins, and a call takes less time than handing it to another thread.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StatWitness } from './artifact-store.js';
import { StoreError } from './store-error.js';

type FileWitness = StatWitness[string];

/**
 * The witness of a folder as it is now.
 *
 * @throws StoreError `not-a-file` for a link and for anything that is neither file nor folder; the system's error for what
 * cannot be read
 */
export function folderWitness(folder: string): StatWitness {
  const files: [path: string, witness: FileWitness][] = [];
  const visit = (absolute: string, path: string): void => {
    const info = lstatSync(absolute, { bigint: true });
    if (info.isDirectory()) {
      for (const name of readdirSync(absolute)) visit(join(absolute, name), path === '' ? name : `${path}/${name}`);
    } else if (info.isFile()) {
      files.push([path, [Number(info.size), String(info.mtimeNs), String(info.ctimeNs), String(info.ino)]]);
    } else {
      const what = info.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
      throw new StoreError('not-a-file', `${absolute} is ${what}`, 'write the file itself into the artifact');
    }
  };
  visit(folder, '');
  // Entries, not assignment: a file may be named __proto__.
  return Object.fromEntries(files);
}

/** Whether two witnesses are of the same files, unchanged. */
export function sameWitness(a: StatWitness, b: StatWitness): boolean {
  const paths = Object.keys(a);
  return (
    paths.length === Object.keys(b).length &&
    paths.every((path) => Object.hasOwn(b, path) && a[path]?.every((fact, index) => fact === b[path]?.[index]))
  );
}
