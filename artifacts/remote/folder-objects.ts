/**
 * Objects in a folder that several machines see, such as a mounted share. Nobody locks it: an object is copied near its
 * place, made durable and renamed, and two writers of one name write the same bytes. What a writer that died has left goes
 * when the next one writes.
 */
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { realDisk } from '../disk.js';
import { systemErrorCode } from '../system-error.js';
import { sweepUnfinished, unfinishedPath } from '../unfinished.js';
import type { RemoteObjects } from './remote-objects.js';

/** Objects of a kind that may stand in one folder; more are spread over folders by the beginning of their names. */
function pathIn(folder: string, name: string): string {
  const [kind = '', key] = name.split('/');
  return key === undefined ? join(folder, kind) : join(folder, kind, key.slice(0, 2), key);
}

/** Where objects of a kind are written first: no two digits name it. */
function unfinishedIn(folder: string, name: string): string {
  const [kind = ''] = name.split('/');
  return join(folder, kind, 'unfinished');
}

/** Milliseconds after which what nobody has written to is no longer being written, wherever its process may be. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Bytes that are copied at once. */
const CHUNK = 1 << 20;

/** Copies a file to where nothing is: at no cost where the file system can, else piece by piece, so that it can be stopped. */
async function copy(from: string, to: string, stop: AbortSignal): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  } catch {
    const options = { highWaterMark: CHUNK };
    await pipeline(createReadStream(from, options), createWriteStream(to, { ...options, flags: 'wx' }), {
      signal: stop,
    });
  }
  stop.throwIfAborted();
}

/**
 * Objects in a folder.
 *
 * @param folder - absolute; it must be there, so that a share that is not mounted is noticed
 * @param stop - what is being copied there when it aborts is left off, and removed
 */
export function folderObjects(folder: string, stop: AbortSignal): RemoteObjects {
  const found = async (name: string): Promise<boolean> => {
    try {
      return (await stat(pathIn(folder, name))).isFile();
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      // Nothing is there, and the folder neither: then it is not that nobody has written the object.
      await stat(folder);
      return false;
    }
  };
  const swept = new Set<string>();
  /** Removes what dead writers have left in a folder: once, when something is written there. */
  const sweep = async (unfinished: string, written: string): Promise<void> => {
    if (swept.has(unfinished)) return;
    swept.add(unfinished);
    // The share's own clock: that of this machine may be another.
    const now = (await stat(written)).mtimeMs;
    await sweepUnfinished(unfinished, now - ABANDONED_MS);
  };
  return {
    address: folder,
    has: found,
    read: async (name) => {
      if (!(await found(name))) return undefined;
      const file = await open(pathIn(folder, name), 'r');
      return createReadStream('', { fd: file });
    },
    write: async (name, file) => {
      await stat(folder);
      const target = pathIn(folder, name);
      const unfinished = unfinishedIn(folder, name);
      const temporary = unfinishedPath(unfinished);
      for (const needed of [dirname(target), unfinished]) await realDisk.makeFolder(needed);
      try {
        await copy(file, temporary, stop);
        await sweep(unfinished, temporary);
        await realDisk.setMode(temporary, 0o644);
        await realDisk.sync(temporary);
        await realDisk.rename(temporary, target);
      } catch (error) {
        await realDisk.removeFile(temporary);
        throw error;
      }
      await realDisk.sync(dirname(target));
    },
  };
}
