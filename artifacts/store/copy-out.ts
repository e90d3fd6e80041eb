/**
 * Copies of artifacts outside of the store, where people may change them: cloned where the file system can share blocks
 * (reflink), else byte by byte; hard links only for those who want them, since they are the store's own files. Whatever
 * way: every file is hashed on its way, and compared with the manifest.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { realDisk } from '../disk.js';
import { hashFile } from '../digest.js';
import type { Manifest } from './artifact-store.js';
import { StoreError } from './store-error.js';

/** How files come to stand elsewhere. */
export type CopyMethod = 'reflink' | 'copy' | 'hard link';

/** Copies a file's bytes; returns what they were. */
async function copyBytes(from: string, to: string): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  const watched = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(from), watched, createWriteStream(to, { flags: 'wx', mode: 0o644 }));
  return { size, sha256: hash.digest('hex') };
}

/** Whether files can be cloned from one place to another; leaves nothing. */
export async function canClone(file: string, targetFolder: string): Promise<boolean> {
  const trial = join(targetFolder, '.clone-trial');
  try {
    await copyFile(file, trial, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    await unlink(trial);
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts the files of an artifact into a folder that does not exist yet.
 *
 * @param artifact - its digest, its folder, and what its digest promises of it
 * @throws StoreError `damaged` when a file is not what the manifest says
 */
export async function copyOut(
  artifact: { readonly digest: string; readonly folder: string; readonly manifest: Manifest },
  target: string,
  method: CopyMethod,
): Promise<void> {
  const { digest, folder, manifest } = artifact;
  await mkdir(target, { recursive: true });
  for (const { path, size, sha256 } of manifest.files) {
    const [from, to] = [join(folder, path), join(target, path)];
    await mkdir(dirname(to), { recursive: true });
    if (method === 'reflink') {
      await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
      await realDisk.setMode(to, 0o644);
    } else if (method === 'hard link') await link(from, to);
    const found = method === 'copy' ? await copyBytes(from, to) : await hashFile(to);
    if (found.size !== size || found.sha256 !== sha256) {
      throw new StoreError(
        'damaged',
        `artifact ${digest.slice(0, 12)} is damaged: ${path} has other content than its digest promises`,
        "'pipeline verify' sets it aside, and the next run makes it again",
      );
    }
    await realDisk.sync(to);
  }
}
