/**
 * User code of earlier runs as files that can be loaded: written from what the store has kept, once for each digest.
 */
import { join, relative } from 'node:path';
import { realDisk } from '../../../artifacts/disk.js';
import type { Digest } from '../../../artifacts/store/artifact-store.js';
import { codeFault, keptCode, type CodeFault } from '../../../artifacts/store/kept-code.js';
import { StoreError } from '../../../artifacts/store/store-error.js';
import type { StoreRoot } from '../../../artifacts/store/store-root.js';
import { StepError } from '../../../components/executor.js';
import { restoredProgram } from '../../../components/user-module.js';

/** Code that can be loaded from a file, or what it lacks. */
export type RestoredCode = { readonly path: string } | { readonly lacks: string };

/** Restores code by its digest; `file` is the absolute path that it was from. */
export type RestoreCode = (digest: Digest, file: string) => Promise<RestoredCode>;

const LACKING: Readonly<Record<CodeFault, string>> = {
  damaged: 'is damaged in the store',
  gone: 'was kept, but is gone from the store',
  'never kept': 'was never kept in this store',
};

/**
 * Makes a function that restores code.
 *
 * @param folder - for the files; it is there, and removed by its owner
 * @param baseDir - folder of the pipeline, which paths are told from
 */
export function codeRestorer(root: StoreRoot, folder: string, baseDir: string): RestoreCode {
  const known = new Map<Digest, Promise<RestoredCode>>();
  const restore = async (digest: Digest, file: string): Promise<RestoredCode> => {
    const text = await keptCode(root, digest);
    if (text === undefined) {
      return { lacks: `the earlier code of ${relative(baseDir, file)} ${LACKING[await codeFault(root, digest)]}` };
    }
    const path = join(folder, `${digest}.mjs`);
    try {
      await realDisk.writeNew(path, await restoredProgram(text, file));
      return { path };
    } catch (error) {
      if (error instanceof StepError) return { lacks: error.message };
      throw StoreError.from(error, `restoring ${file}`);
    }
  };
  return (digest, file) => {
    const restored = known.get(digest) ?? restore(digest, file);
    known.set(digest, restored);
    return restored;
  };
}
