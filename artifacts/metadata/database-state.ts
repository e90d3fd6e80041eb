/**
 * Whether a database in WAL mode is as it was, told without opening it: by what the system says of its file and of the
 * journal beside it, and by the header of the journal's index, which every commit changes.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { lookAt } from '../look.js';

/** Both copies of the index's header, before the marks of readers: https://sqlite.org/walformat.html, section 2.1. */
const HEADER_BYTES = 96;

function indexHeader(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    return readSync(file, bytes, 0, HEADER_BYTES, 0) === HEADER_BYTES ? bytes.toString('hex') : undefined;
  } finally {
    closeSync(file);
  }
}

/**
 * The state of a database.
 *
 * @returns a text that is another one after each commit and after each move of its journal into it; undefined when it has
 * no journal, or cannot be looked at
 */
export function databaseState(path: string): string | undefined {
  try {
    const index = indexHeader(`${path}-shm`);
    return index && `${lookAt({ trees: [], entries: [path, `${path}-wal`] }).digest} ${index}`;
  } catch {
    return undefined;
  }
}
