/**
 * A folder of images by class: every folder in it is a class, and holds the class's images, at any depth. What is in the
 * images: decode-image.ts.
 */
import { realpathSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { listFiles, type ListedFile } from '../../artifacts/digest.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { StepError } from '../executor.js';
import { fileError } from './byte-stream.js';

/** An image file with its class. */
export interface ImageFile {
  /** Absolute path. */
  readonly file: string;
  readonly className: string;
}

/** What a folder holds. */
export interface ImageFolder {
  /** Ordered by path in code units. */
  readonly images: readonly ImageFile[];
  /** Files that stand beside the classes. */
  readonly ignored: readonly string[];
}

/** What desktops leave behind, and hidden files. */
const CLUTTER = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$|__MACOSX\/)/u;

/**
 * Lists a folder of images by class. Links may lead to what is inside the folder.
 *
 * @throws StepError `image-folder-invalid` when a link leads out, or there is anything but files and folders
 */
export async function listImageFolder(folder: string): Promise<ImageFolder> {
  const info = await stat(folder).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  if (!info.isDirectory())
    throw new StepError('file-wrong-kind', `${folder} is a file, not a folder of images by class`);
  const invalid = (what: string): StepError => new StepError('image-folder-invalid', what, 'copy the files themselves');
  const top = await realpath(folder);
  let files: readonly ListedFile[];
  try {
    files = listFiles(top, (link) => {
      const target = realpathSync(link);
      const inside = relative(top, target);
      if (inside === '..' || inside.startsWith(`..${sep}`)) throw invalid(`${link} leads out of ${folder}`);
      return target;
    });
  } catch (error) {
    throw error instanceof StoreError ? invalid(error.message) : fileError(error, folder);
  }
  const kept = files.filter(({ path }) => !CLUTTER.test(path));
  return {
    images: kept.flatMap(({ path, absolute }) => {
      const slash = path.indexOf('/');
      return slash < 0 ? [] : [{ file: absolute, className: path.slice(0, slash) }];
    }),
    ignored: kept.filter(({ path }) => !path.includes('/')).map(({ path }) => path),
  };
}
