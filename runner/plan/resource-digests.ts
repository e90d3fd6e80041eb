/**
 * Digests of what params name outside the pipeline file: data by content, user code by the closure of its imports. The
 * same question is answered once a command.
 */
import { resolve } from 'node:path';
import { digestOfPath } from '../../artifacts/digest.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { StepError } from '../../components/executor.js';
import type { CodeParts } from '../../components/code-parts.js';
import { parseModuleReference, userModuleDigest, userModuleParts } from '../../components/user-module.js';

/** Answers with digests. */
export interface ResourceDigests {
  /** @throws StepError `resource` when the file or folder cannot be read */
  path(value: string): Promise<Digest>;
  /** @throws StepError `user-code` */
  module(reference: string): Promise<Digest>;
  /** Digests of its declarations, so that one can say which of them has changed. @throws StepError `user-code` */
  parts(reference: string): Promise<CodeParts>;
}

/** Digests of resources of a pipeline whose files lie in `baseDir`. */
export function resourceDigests(baseDir: string): ResourceDigests {
  const known = new Map<string, Promise<Digest>>();
  const knownParts = new Map<string, Promise<CodeParts>>();
  const once = <T>(answers: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> => {
    const found = answers.get(key) ?? find();
    answers.set(key, found);
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
    path: (value) => once(known, `path ${value}`, () => content(value)),
    module: (reference) =>
      once(known, `module ${reference}`, () => userModuleDigest(parseModuleReference(reference, baseDir))),
    parts: (reference) =>
      once(knownParts, reference, () => userModuleParts(parseModuleReference(reference, baseDir), baseDir)),
  };
}
