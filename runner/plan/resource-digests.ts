/**
 * Digests of what params name outside the pipeline file: data by content, user code by the closure of its imports. The
 * same question is answered once a command.
 */
import { resolve } from 'node:path';
import { digestOfPath } from '../../artifacts/digest.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { StepError } from '../../components/executor.js';
import { parseModuleReference, userModuleDigest } from '../../components/user-module.js';

/** Answers with digests. */
export interface ResourceDigests {
  /** @throws StepError `resource` when the file or folder cannot be read */
  path(value: string): Promise<Digest>;
  /** @throws StepError `user-code` */
  module(reference: string): Promise<Digest>;
}

/** Digests of resources of a pipeline whose files lie in `baseDir`. */
export function resourceDigests(baseDir: string): ResourceDigests {
  const known = new Map<string, Promise<Digest>>();
  const once = (key: string, find: () => Promise<Digest>): Promise<Digest> => {
    const found = known.get(key) ?? find();
    known.set(key, found);
    return found;
  };
  const content = async (value: string): Promise<Digest> => {
    try {
      return await digestOfPath(resolve(baseDir, value));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StepError('resource', error.message, error.hint ?? 'paths start at the pipeline file');
    }
  };
  return {
    path: (value) => once(`path ${value}`, () => content(value)),
    module: (reference) =>
      once(`module ${reference}`, () => userModuleDigest(parseModuleReference(reference, baseDir))),
  };
}
