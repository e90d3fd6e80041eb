/**
 * Objects in a folder that several machines see, such as a mounted share. Nobody locks it: an object is copied beside its
 * place, made durable and renamed, and two writers of one name write the same bytes.
 */
import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { realDisk } from '../disk.js';
import { systemErrorCode } from '../system-error.js';
import type { RemoteObjects } from './remote-objects.js';

/** Objects of a kind that may stand in one folder; more are spread over folders by the beginning of their names. */
function pathIn(folder: string, name: string): string {
  const [kind = '', key] = name.split('/');
  return key === undefined ? join(folder, kind) : join(folder, kind, key.slice(0, 2), key);
}

/** @param folder - absolute; it must be there, so that a share that is not mounted is noticed */
export function folderObjects(folder: string): RemoteObjects {
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
      const temporary = `${target}.${randomUUID()}.tmp`;
      await realDisk.makeFolder(dirname(target));
      try {
        await copyFile(file, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
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
