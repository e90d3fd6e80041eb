/**
 * Commands that must be refused: as bad input, with a code, and without a trace on the disk.
 */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { pipeline, type CommandResult } from './cli.js';

/**
 * What is below a folder: kind, and content of files, by path. What SQLite keeps beside a file while it is open is left out:
 * the file is whole without it.
 */
export function contents(folder: string, below = ''): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below)).sort()) {
    if (/\.db-(?:shm|wal)$/u.test(name)) continue;
    const path = join(below, name);
    const absolute = join(folder, path);
    const info = lstatSync(absolute);
    if (info.isDirectory()) Object.assign(found, { [`${path}/`]: 'folder' }, contents(folder, path));
    else if (info.isSymbolicLink()) found[path] = `link to ${readlinkSync(absolute)}`;
    else if (info.isFile()) found[path] = createHash('sha256').update(readFileSync(absolute)).digest('hex');
    else found[path] = 'neither';
  }
  return found;
}

/**
 * Runs a command that must be refused as bad input: status 2, the code in the answer for people, and the folder as it was.
 *
 * @param code - of the error
 * @param says - what else the answer must hold: a place as `file:line:column`, a part of the message
 */
export async function expectRefused(
  folder: string,
  args: readonly string[],
  code: string,
  ...says: readonly string[]
): Promise<CommandResult> {
  const before = contents(folder);
  const result = await pipeline(folder, args);
  expect(result.stderr).toContain(`error[${code}]`);
  for (const part of says) expect(result.stderr).toContain(part);
  expect(result.status).toBe(2);
  expect(contents(folder)).toEqual(before);
  return result;
}
