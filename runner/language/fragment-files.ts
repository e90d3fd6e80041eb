/**
 * The fragments that a pipeline could include: those below its folder.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadFragment } from '../config/read-fragments.js';
import { isFragment, isPipeline } from './diagnose.js';

/** How deep folders are looked into, and how many, and most files that are read: an editor waits for the answer. */
const MAX_DEPTH = 4;
const MAX_FOLDERS = 200;
const MAX_FILES = 200;

/** A folder that nobody keeps fragments in. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/** The YAML files below a folder, as paths from there with `/`; those that lie higher first. Links are not followed. */
async function yamlFilesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const folders = [{ path: '', depth: 0 }];
  for (let looked = 0; looked < folders.length && looked < MAX_FOLDERS && found.length < MAX_FILES; looked++) {
    const { path = '', depth = 0 } = folders[looked] ?? {};
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isFile() && /\.ya?ml$/u.test(entry.name)) found.push(inside);
      else if (entry.isDirectory() && depth < MAX_DEPTH && !isPassedOver(entry.name)) {
        folders.push({ path: inside, depth: depth + 1 });
      }
    }
  }
  return found.slice(0, MAX_FILES);
}

/**
 * Finds fragments.
 *
 * @param baseDir - absolute folder of the pipeline
 * @returns paths from there, as `include` takes them; of many files only some
 */
export async function fragmentFiles(baseDir: string, read: ReadFragment): Promise<readonly string[]> {
  const fragments: string[] = [];
  for (const path of await yamlFilesBelow(baseDir)) {
    const file = await read(join(baseDir, path), path);
    if (file.ok && isPipeline(file.value.text) && isFragment(file.value.text)) fragments.push(path);
  }
  return fragments;
}
