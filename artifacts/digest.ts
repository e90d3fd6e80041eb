/**
 * Digests of bytes, files and folders: SHA-256 in lower-case hex.
 */
import { createHash, hash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { canonicalJson } from './canonical-json.js';
import type { Digest } from './store/artifact-store.js';
import { StoreError } from './store/store-error.js';

/** Digest of a text (as UTF-8) or of bytes. */
export function sha256Hex(data: string | Uint8Array): Digest {
  return hash('sha256', data);
}

/** Whether a text has the form of a digest. */
export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/u.test(text);
}

/** Largest file, in bytes, that is read in one go: a stream costs more than its content does. */
const SMALL_FILE = 64 * 1024;

/** Size in bytes and digest of a file. */
export async function hashFile(
  path: string,
  info = statSync(path),
): Promise<{ readonly size: number; readonly sha256: Digest }> {
  if (info.isFile() && info.size <= SMALL_FILE) {
    const bytes = readFileSync(path);
    return { size: bytes.length, sha256: sha256Hex(bytes) };
  }
  const sha256 = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    sha256.update(bytes);
  }
  return { size, sha256: sha256.digest('hex') };
}

/** Links to folders that are followed below one folder. */
const MAX_FOLDER_LINKS = 1000;

/** A file below a folder, with its path relative to it in forward slashes. */
export interface ListedFile {
  readonly path: string;
  readonly absolute: string;
}

/**
 * All files below a folder, ordered by path in code units. Synchronous: folders of a hundred thousand files are listed in a
 * second, and in ten when each call is handed to another thread.
 *
 * @param onLink - says what becomes of a symbolic link: the path of the file or folder to take in its place
 * @param onFolder - told every folder with the names in it
 * @throws StoreError `not-a-file` for anything that is neither file, folder nor accepted link, `too-deep` beyond 100 folders,
 *   `too-many-links` beyond 1000 links to folders, `bad-name` for names that are no text
 */
export function listFiles(
  folder: string,
  onLink: (link: string) => string,
  onFolder: (folder: string, names: readonly string[]) => void = () => undefined,
): readonly ListedFile[] {
  const files: ListedFile[] = [];
  let links = 0;
  const visit = (absolute: string, path: string, depth: number): void => {
    if (depth > 100)
      throw new StoreError('too-deep', `${absolute} lies more than 100 folders deep, or in a loop of links`);
    const info = lstatSync(absolute);
    if (info.isSymbolicLink()) {
      const target = onLink(absolute);
      // A few folders that link to each other may have more paths than a disk has bytes.
      if (lstatSync(target).isDirectory() && ++links > MAX_FOLDER_LINKS) {
        throw new StoreError('too-many-links', `${folder} has more than ${String(MAX_FOLDER_LINKS)} links to folders`);
      }
      visit(target, path, depth + 1);
    } else if (info.isDirectory()) {
      const names = readdirSync(absolute);
      onFolder(absolute, names);
      for (const name of names) {
        // What was put in for bytes that are no text makes a name that no file has.
        if (name.includes('\ufffd'))
          throw new StoreError('bad-name', `${absolute} has a file whose name is no UTF-8 text: ${name}`, 'rename it');
        visit(join(absolute, name), path === '' ? name : `${path}/${name}`, depth + 1);
      }
    } else if (info.isFile()) {
      files.push({ path, absolute });
    } else {
      throw new StoreError('not-a-file', `${absolute} is neither a file nor a folder`);
    }
  };
  visit(folder, '', 0);
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/**
 * Refuses a folder of outside files that a store lies in: every run would change it.
 *
 * @param folder - as it was named
 * @returns to be told of the folders below it
 */
export function withoutStores(folder: string): (below: string, names: readonly string[]) => void {
  return (below, names) => {
    if (!names.includes('format.json') || !names.includes('metadata.db')) return;
    throw new StoreError(
      'holds-store',
      `${folder} holds the store ${below}, so every run would change it`,
      'name a folder that no store lies in, or keep the store elsewhere with --root',
    );
  };
}

/**
 * All files below a folder that is not the store's. Symbolic links are followed as long as they stay inside it.
 *
 * @throws StoreError `link-outside` for a link that leaves the folder, `not-a-file` for what is neither file nor folder,
 *   `holds-store` when a store lies in it
 */
export function listOutsideFiles(folder: string): readonly ListedFile[] {
  const top = realpathSync(folder);
  const onLink = (link: string): string => {
    const target = realpathSync(link);
    const inside = relative(top, target);
    if (inside === '..' || inside.startsWith(`..${sep}`)) {
      throw new StoreError('link-outside', `${link} leads out of ${folder}`, 'copy what it points to into the folder');
    }
    return target;
  };
  return listFiles(top, onLink, withoutStores(folder));
}

/**
 * Digest of an outside file or folder by its content: the digest of a file's bytes, or of the digests of all files
 * below a folder by relative path. Symbolic links are followed as long as they stay inside the folder.
 *
 * @throws StoreError `missing` when there is nothing, `unreadable` when it cannot be read, `link-outside` for a link that
 * leaves the folder, `holds-store` when a store lies in it
 */
export async function digestOfPath(path: string): Promise<Digest> {
  try {
    const info = statSync(path);
    if (info.isFile()) return (await hashFile(path, info)).sha256;
    const digests: Record<string, Digest> = {};
    for (const file of listOutsideFiles(path)) {
      digests[file.path] = (await hashFile(file.absolute)).sha256;
    }
    return sha256Hex(canonicalJson({ folder: digests }));
  } catch (error) {
    throw StoreError.from(error, `reading ${path}`);
  }
}
