/**
 * All that the runner and the store do to the disk: few operations, each either done and durable or not done. What a step
 * writes into its own output folders is not among them. Every change is announced, so that tests can make it fail.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { chmod, link, lstat, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { announce } from './fault-injection.js';
import { StoreError } from './store/store-error.js';
import { systemErrorCode } from './system-error.js';

/** The operations that change the disk. */
export interface Disk {
  readonly makeFolder: (path: string) => Promise<void>;
  /**
   * Writes a whole file so that it has either its old or its new content after a crash.
   *
   * @param temporary - where it is written first; on the same file system
   */
  readonly writeFile: (path: string, data: string | Uint8Array, temporary?: string) => Promise<void>;
  /** Makes the content of files, or the names in folders, durable, in no order. */
  readonly sync: (paths: string | readonly string[]) => Promise<void>;
  /** Writes a new file whose content is durable; its name is so once its folder is. */
  readonly writeNew: (path: string, data: string | Uint8Array) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly setMode: (path: string, mode: number) => Promise<void>;
  /**
   * Writes a file that must not exist yet, at once whole.
   *
   * @param temporary - where it is written first; on the same file system
   * @returns false when it exists
   */
  readonly createFile: (path: string, data: string, temporary?: string) => Promise<boolean>;
  readonly removeFile: (path: string) => Promise<void>;
  /** Removes a folder with all in it, read-only folders too; nothing happens when it is not there. */
  readonly removeTree: (path: string) => Promise<void>;
}

/** Waits for a change of something that need not be there. */
async function ifThere(change: Promise<void>): Promise<void> {
  await change.catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  });
}

/** Makes a folder and those above it. Node's own recursion never ends where a folder above refuses, as in /proc. */
async function makeMissing(path: string): Promise<void> {
  const make = async (): Promise<boolean> => {
    try {
      await mkdir(path);
    } catch (error) {
      const info = await stat(path).catch(() => undefined);
      if (info?.isDirectory() === true) return true;
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      return false;
    }
    return true;
  };
  if (await make()) return;
  if (dirname(path) !== path) await makeMissing(dirname(path));
  if (!(await make())) throw new StoreError('missing', `${path} cannot be made: its folder takes none`);
}

async function makeFolder(path: string): Promise<void> {
  announce('mkdir', path);
  await makeMissing(path);
}

/** Files that are made durable at the same time: file systems gather what is asked of them at once. */
const SYNCED_AT_ONCE = 16;

async function syncOne(path: string): Promise<void> {
  announce('sync', path);
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sync(given: string | readonly string[]): Promise<void> {
  const paths = typeof given === 'string' ? [given] : given;
  for (let start = 0; start < paths.length; start += SYNCED_AT_ONCE) {
    const done = await Promise.allSettled(paths.slice(start, start + SYNCED_AT_ONCE).map(syncOne));
    for (const each of done) if (each.status === 'rejected') throw each.reason;
  }
}

async function writeNew(path: string, data: string | Uint8Array): Promise<void> {
  announce('open', path);
  const handle = await open(path, 'wx');
  try {
    announce('write', path, () => {
      const bytes = Buffer.from(data);
      writeSync(handle.fd, bytes.subarray(0, bytes.length / 2));
    });
    await handle.writeFile(data);
    announce('sync', path);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function move(from: string, to: string): Promise<void> {
  announce('rename', to);
  await rename(from, to);
}

async function setMode(path: string, mode: number): Promise<void> {
  announce('chmod', path);
  await chmod(path, mode);
}

async function removeFile(path: string): Promise<void> {
  announce('unlink', path);
  await ifThere(unlink(path));
}

async function removeTree(path: string): Promise<void> {
  const info = await lstat(path).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (info === undefined) return;
  if (!info.isDirectory()) {
    await removeFile(path);
    return;
  }
  if ((info.mode & 0o700) !== 0o700) await setMode(path, 0o755);
  for (const name of await readdir(path)) await removeTree(join(path, name));
  announce('rmdir', path);
  await ifThere(rmdir(path));
}

/** The real disk. */
export const realDisk: Disk = {
  makeFolder,
  writeFile: async (path, data, temporary = `${path}.${randomUUID()}.tmp`) => {
    await writeNew(temporary, data);
    await move(temporary, path);
    await sync(dirname(path));
  },
  sync,
  writeNew,
  rename: move,
  setMode,
  createFile: async (path, data, temporary = `${path}.${randomUUID()}.tmp`) => {
    // A link is made whole or not at all; writing into an exclusively created file could leave it torn.
    await writeNew(temporary, data);
    try {
      announce('link', path);
      await link(temporary, path);
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await removeFile(temporary);
    }
  },
  removeFile,
  removeTree,
};

/** A file that lines are added to. */
export interface AppendedFile {
  readonly append: (text: string) => void;
  readonly close: () => void;
}

/**
 * Opens a file to add to, with its folder. Not awaited and not made durable: for logs, whose last lines are wanted most
 * when the process is about to end.
 */
export function openAppended(path: string): AppendedFile {
  announce('mkdir', dirname(path));
  mkdirSync(dirname(path), { recursive: true });
  announce('open', path);
  const file = openSync(path, 'a');
  return {
    append: (text) => {
      announce('write', path, () => {
        writeSync(file, text.slice(0, text.length / 2));
      });
      writeSync(file, text);
    },
    close: () => {
      closeSync(file);
    },
  };
}
