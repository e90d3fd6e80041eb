/**
 * Temporary folders for tests, removed when the test has ended, or its file.
 */
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from '@jest/globals';

/** Makes all folders below a folder writable, so that they can be removed. */
export function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'pipeline-test-'));
}

function remove(folder: string): void {
  makeWritable(folder);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Returns a function that makes temporary folders, empty or with what another one holds; call it at the top of a test file.
 */
export function temporaryFolders(): (copied?: string) => string {
  const made: string[] = [];
  afterEach(() => {
    for (const folder of made.splice(0)) remove(folder);
  });
  return (copied) => {
    const folder = makeFolder();
    made.push(folder);
    if (copied !== undefined) cpSync(copied, folder, { recursive: true });
    return folder;
  };
}

/** Makes a folder for all tests of a file: what takes long to make is made there once, and read or copied. */
export function sharedFolder(): string {
  const folder = makeFolder();
  afterAll(() => {
    remove(folder);
  });
  return folder;
}
