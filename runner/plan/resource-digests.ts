/**
 * Digests of what a pipeline names outside its file: data by content, user code by the closure of its imports. The same
 * question is answered once a command; asked afresh, only as long as the files look as they did.
 */
import { resolve } from 'node:path';
import { digestOfPath, witnessOfPaths } from '../../artifacts/digest.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { StepError } from '../../components/executor.js';
import type { CodeParts } from '../../components/code-parts.js';
import { builtinCodeDigests, componentModule, type ComponentSource } from '../../components/registry.js';
import {
  parseModuleReference,
  userModuleIdentity,
  userModuleParts,
  type UserModule,
} from '../../components/user-module.js';

/** Answers with digests. */
export interface ResourceDigests {
  /** @throws StepError `resource` when the file or folder cannot be read */
  readonly path: (value: string) => Promise<Digest>;
  /** @throws StepError `user-code` */
  readonly module: (reference: string) => Promise<Digest>;
  /** Of the code of a component. @throws StepError `user-code` */
  readonly code: (source: ComponentSource) => Promise<Digest>;
  /** Digests of declarations of user code, so that one can say which has changed. @throws StepError `user-code` */
  readonly parts: (reference: string) => Promise<CodeParts>;
  /** The same of a component; undefined for those of this package. @throws StepError `user-code` */
  readonly componentParts: (source: ComponentSource) => Promise<CodeParts | undefined>;
}

/** A digest, with the look of the files when it was made. */
interface Known {
  readonly digest: Digest;
  readonly files: readonly string[];
  readonly witness: string;
}

/** Answers that are remembered, and answers that take note of what has changed since. */
export interface Resources {
  readonly remembered: ResourceDigests;
  /** Digests as they are now. What is remembered stays: who began with it must be able to end with it. */
  readonly afresh: ResourceDigests;
}

/** The same answer for the same question. */
function once<T>(): (key: string, find: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key, find) => {
    const found = known.get(key) ?? find();
    known.set(key, found);
    return found;
  };
}

/** Finds digests of resources of a pipeline whose files lie in `baseDir`. */
export function resourcesOf(baseDir: string): Resources {
  const builtin = builtinCodeDigests();
  const remember = once<Known>();
  const parts = once<CodeParts>();

  const content = async (value: string): Promise<Known> => {
    const files = [resolve(baseDir, value)];
    // Taken before the content is read: a change meanwhile must not be vouched for.
    const witness = witnessOfPaths(files);
    try {
      return { digest: await digestOfPath(resolve(baseDir, value)), files, witness };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StepError('resource', error.message, error.hint ?? 'paths start at the pipeline file');
    }
  };
  const userCode = async (module: UserModule): Promise<Known> => {
    const { digest, files } = await userModuleIdentity(module);
    return { digest, files, witness: witnessOfPaths(files) };
  };

  const digestsBy = (answer: (key: string, find: () => Promise<Known>) => Promise<Known>): ResourceDigests => ({
    path: async (value) => (await answer(`path ${value}`, () => content(value))).digest,
    module: async (reference) =>
      (await answer(`module ${reference}`, () => userCode(parseModuleReference(reference, baseDir)))).digest,
    code: async (source) =>
      source.kind === 'builtin'
        ? await builtin(source.name)
        : (await answer(`component ${source.path}`, () => userCode(componentModule(source.path)))).digest,
    parts: (reference) => parts(reference, () => userModuleParts(parseModuleReference(reference, baseDir), baseDir)),
    componentParts: async (source) =>
      source.kind === 'builtin'
        ? undefined
        : await parts(source.path, () => userModuleParts(componentModule(source.path), baseDir)),
  });

  return {
    remembered: digestsBy(remember),
    afresh: digestsBy(async (key, find) => {
      const earlier = await remember(key, find);
      return witnessOfPaths(earlier.files) === earlier.witness ? earlier : await find();
    }),
  };
}
