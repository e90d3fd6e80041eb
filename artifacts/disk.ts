/**
 * All that the store does to the disk: few operations, each either done and durable or not done. One place to make them
 * fail on purpose.
 */
import { systemErrorCode } from './system-error.js';
import { randomUUID } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The operations that change the disk. */
export interface Disk {
  readonly makeFolder: (path: string) => Promise<void>;
  /** Writes a whole file so that it has either its old or its new content after a crash. */
  readonly writeFile: (path: string, data: string) => Promise<void>;
  /** Makes the content of an existing file, or the names in a folder, durable. */
  readonly sync: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly setMode: (path: string, mode: number) => Promise<void>;
  /** Writes a file that must not exist yet, at once whole. @returns false when it exists */
  readonly createFile: (path: string, data: string) => Promise<boolean>;
  readonly removeFile: (path: string) => Promise<void>;
  /** Removes a folder with all in it, read-only folders too; nothing happens when it is not there. */
  readonly removeTree: (path: string) => Promise<void>;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeNew(path: string, data: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeWritable(path: string): Promise<void> {
  const info = await lstat(path).catch(() => undefined);
  if (!info?.isDirectory()) return;
  await chmod(path, 0o755);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
  }
}

/** The real disk. */
export const realDisk: Disk = {
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true });
  },
  writeFile: async (path, data) => {
    const temporary = `${path}.${randomUUID()}.tmp`;
    await writeNew(temporary, data);
    await rename(temporary, path);
    await sync(dirname(path));
  },
  sync,
  rename,
  setMode: chmod,
  createFile: async (path, data) => {
    // A link is made whole or not at all; writing into an exclusively created file could leave it torn.
    const temporary = `${path}.${randomUUID()}.tmp`;
    await writeNew(temporary, data);
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  },
  removeFile: async (path) => {
    await rm(path, { force: true });
  },
  removeTree: async (path) => {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  },
};
