/**
 * Reads a small JSON file of an artifact, which was perhaps not written by us. What its keys must hold is the caller's
 * business.
 */
import { readFile } from 'node:fs/promises';
import { isMapping } from '../../artifacts/mapping.js';
import { fileError } from './byte-stream.js';

/**
 * The mapping in a file; an empty one when the file holds anything else.
 *
 * @throws StepError when it cannot be read
 */
export async function readMapping(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : {};
  } catch {
    return {};
  }
}
