/**
 * All that the runner and the store do to the disk: few operations, each either done and durable or not done. What a step
 * writes into its own output folders is not among them. Every change is announced, so that tests can make it fail.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
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
  /** Writes a new file; its content, and its name in the folder, are yet to be made durable. */
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

/** Does what takes less time than handing it to another thread would; what it throws rejects. */
function atOnce<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

/** Changes something that need not be there. */
function ifThere(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

/** Makes a folder and those above it. Node's own recursion never ends where a folder above refuses, as in /proc. */
function makeMissing(path: string): void {
  const make = (): boolean => {
    try {
      mkdirSync(path);
    } catch (error) {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      return false;
    }
    return true;
  };
  if (make()) return;
  if (dirname(path) !== path) makeMissing(dirname(path));
  if (!make()) throw new StoreError('missing', `${path} cannot be made: its folder takes none`);
}

/** Files that are made durable at the same time: file systems gather what is asked of them at once. */
const SYNCED_AT_ONCE = 16;

/** Waits on another thread until a file is durable. */
const durable = promisify(fsync);

async function syncOne(path: string): Promise<void> {
  announce('sync', path);
  const file = openSync(path, 'r');
  try {
    await durable(file);
  } finally {
    closeSync(file);
  }
}

async function sync(given: string | readonly string[]): Promise<void> {
  const paths = typeof given === 'string' ? [given] : given;
  for (let start = 0; start < paths.length; start += SYNCED_AT_ONCE) {
    const done = await Promise.allSettled(paths.slice(start, start + SYNCED_AT_ONCE).map(syncOne));
    for (const each of done) if (each.status === 'rejected') throw each.reason;
  }
}

function writeNew(path: string, data: string | Uint8Array): void {
  announce('open', path);
  const file = openSync(path, 'wx');
  try {
    announce('write', path, () => {
      const bytes = Buffer.from(data);
      writeSync(file, bytes.subarray(0, bytes.length / 2));
    });
    writeFileSync(file, data);
  } finally {
    closeSync(file);
  }
}

async function writeDurable(path: string, data: string | Uint8Array): Promise<void> {
  writeNew(path, data);
  await sync(path);
}

function move(from: string, to: string): void {
  announce('rename', to);
  renameSync(from, to);
}

function setMode(path: string | Buffer, mode: number): void {
  announce('chmod', String(path));
  chmodSync(path, mode);
}

function removeFile(path: string | Buffer): void {
  announce('unlink', String(path));
  ifThere(() => {
    unlinkSync(path);
  });
}

/** Names inside are bytes: whoever wrote them may not have written text. */
function removeTree(path: string | Buffer): void {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info === undefined) return;
  if (!info.isDirectory()) {
    removeFile(path);
    return;
  }
  if ((info.mode & 0o700) !== 0o700) setMode(path, 0o755);
  for (const name of readdirSync(path, 'buffer'))
    removeTree(Buffer.concat([Buffer.from(path), Buffer.from('/'), name]));
  announce('rmdir', String(path));
  ifThere(() => {
    rmdirSync(path);
  });
}

/** The real disk. */
export const realDisk: Disk = {
  makeFolder: (path) =>
    atOnce(() => {
      announce('mkdir', path);
      makeMissing(path);
    }),
  writeFile: async (path, data, temporary = `${path}.${randomUUID()}.tmp`) => {
    await writeDurable(temporary, data);
    move(temporary, path);
    await sync(dirname(path));
  },
  sync,
  writeNew: (path, data) =>
    atOnce(() => {
      writeNew(path, data);
    }),
  rename: (from, to) =>
    atOnce(() => {
      move(from, to);
    }),
  setMode: (path, mode) =>
    atOnce(() => {
      setMode(path, mode);
    }),
  createFile: async (path, data, temporary = `${path}.${randomUUID()}.tmp`) => {
    // A link is made whole or not at all; writing into an exclusively created file could leave it torn.
    await writeDurable(temporary, data);
    try {
      announce('link', path);
      linkSync(temporary, path);
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      removeFile(temporary);
    }
  },
  removeFile: (path) =>
    atOnce(() => {
      removeFile(path);
    }),
  removeTree: (path) =>
    atOnce(() => {
      removeTree(path);
    }),
};

/** Some of them, not awaited: for what belongs into a transaction of the database. Nothing is made durable. */
export const diskAtOnce = { writeNew, rename: move, removeFile };

/** Adds text to an open file, once: the rest of what finds no room would come after what others add. @returns bytes */
function appendTo(file: number, path: string, text: string): number {
  announce('write', path, () => {
    writeSync(file, text.slice(0, text.length / 2));
  });
  return writeSync(file, text);
}

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
      appendTo(file, path, text);
    },
    close: () => {
      closeSync(file);
    },
  };
}

/** A file that was there when it was opened, to read and to add to; it may be moved at any time. */
export interface SharedFile {
  readonly size: () => number;
  readonly read: () => string;
  /** Adds in one piece: what others add at the same time comes before or after. */
  readonly append: (text: string) => void;
  /** Whether it still has the name that it was opened by. */
  readonly isInPlace: () => boolean;
  readonly close: () => void;
}

/** Opens a file that processes add to; undefined when it is not there. Not made durable. */
export function openShared(path: string): SharedFile | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const { ino, dev } = fstatSync(file, { bigint: true });
  return {
    size: () => fstatSync(file).size,
    read: () => {
      const bytes = Buffer.alloc(fstatSync(file).size);
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
    },
    append: (text) => {
      if (appendTo(file, path, text) < Buffer.byteLength(text))
        throw Object.assign(new Error(`${path}: no space left`), { code: 'ENOSPC' });
    },
    isInPlace: () => {
      const now = statSync(path, { bigint: true, throwIfNoEntry: false });
      return now?.ino === ino && now.dev === dev;
    },
    close: () => {
      closeSync(file);
    },
  };
}
