/**
 * Reads a small JSON file of an artifact, which was perhaps not written by us. What its keys must hold is the caller's
 * business.
 */
import { readFile, stat } from 'node:fs/promises';
import { isMapping } from '../../artifacts/mapping.js';
import { StepError } from '../executor.js';
import { fileError } from './byte-stream.js';

/** Largest file that is read, in bytes. */
const MAX_BYTES = 50_000_000;

/**
 * The mapping in a file; an empty one when the file holds anything else.
 *
 * @throws StepError when it cannot be read, or is too large
 */
export async function readMapping(path: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new StepError('file-unreadable', `${path} has more than ${String(MAX_BYTES)} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : {};
  } catch {
    return {};
  }
}
