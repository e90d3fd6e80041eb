/** The files that a path stands for: itself, or those in a folder. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../../executor.js';
import { fileError } from '../../formats/byte-stream.js';

/**
 * Lists the files of an input, in the order of their names.
 *
 * @param path - a file, or a folder; hidden files and folders inside it do not count
 * @throws StepError when there are none
 */
export async function dataFiles(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
    if (names.length > 0) return names.sort().map((name) => join(path, name));
  } catch (error) {
    throw fileError(error, path);
  }
  throw new StepError('file-missing', `${path} is a folder without files`);
}
