/**
 * Digests of what a pipeline names outside its file: data by content, user code by the closure of its imports. The same
 * question is answered once a command; asked afresh, only as long as the files look as they did.
 */
import { resolve } from 'node:path';
import { digestOfPath } from '../../artifacts/digest.js';
import { lookAt, type Look } from '../../artifacts/look.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { isFile } from '../../components/command/arguments.js';
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
  /** Whether there is a file of this name. */
  readonly isFile: (value: string) => boolean;
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

/** A digest, with what it comes from. */
interface Known {
  readonly digest: Digest;
  readonly look: Look;
  /** How the files looked when it was made. */
  readonly seen: Digest;
  /** For user code: finds it again. */
  readonly again?: () => Promise<Known>;
}

/** How the files look, whatever else there is in their folders. */
function filesSeen({ trees }: Look): Digest {
  return lookAt({ trees, entries: [] }).digest;
}

/** Answers that are remembered, and answers that take note of what has changed since. */
export interface Resources {
  readonly remembered: ResourceDigests;
  /** Digests as they are now. What is remembered stays: who began with it must be able to end with it. */
  readonly afresh: ResourceDigests;
  /** What all remembered answers come from; undefined when some could not be found. */
  readonly look: () => Promise<Look | undefined>;
  /** Whether the files of all remembered answers look as they did, and the imports of user code mean the same. */
  readonly stillHold: () => Promise<boolean>;
  /** What the digests of user code are made of, as far as they were asked for. */
  readonly codeTexts: ReadonlyMap<Digest, string>;
}

/** The same answer for the same question. */
function once<T>(known = new Map<string, Promise<T>>()): (key: string, find: () => Promise<T>) => Promise<T> {
  return (key, find) => {
    const found = known.get(key) ?? find();
    known.set(key, found);
    return found;
  };
}

/** Finds digests of resources of a pipeline whose files lie in `baseDir`. */
export function resourcesOf(baseDir: string): Resources {
  const builtin = builtinCodeDigests();
  const remembered = new Map<string, Promise<Known>>();
  const remember = once(remembered);
  const parts = once<CodeParts>();
  const codeTexts = new Map<Digest, string>();
  const files = new Map<string, boolean>();
  const isFileNow = (value: string): boolean => isFile(resolve(baseDir, value));
  const isFileOnce = (value: string): boolean => {
    const is = files.get(value) ?? isFileNow(value);
    files.set(value, is);
    return is;
  };

  const content = async (value: string): Promise<Known> => {
    const path = resolve(baseDir, value);
    const look = { trees: [path], entries: [] };
    // Taken before the content is read: a change meanwhile must not be vouched for.
    const seen = filesSeen(look);
    try {
      return { digest: await digestOfPath(path), look, seen };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StepError('resource', error.message, error.hint ?? 'paths start at the pipeline file');
    }
  };
  const userCode = async (module: UserModule): Promise<Known> => {
    const { digest, text, files, lookups } = await userModuleIdentity(module);
    codeTexts.set(digest, text);
    const look = { trees: files, entries: lookups };
    return { digest, look, seen: filesSeen(look), again: () => userCode(module) };
  };

  const allKnown = async (): Promise<readonly Known[] | undefined> => {
    const found = await Promise.allSettled(remembered.values());
    const known = found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    return known.length === found.length ? known : undefined;
  };

  const digestsBy = (
    answer: (key: string, find: () => Promise<Known>) => Promise<Known>,
    isThere: ResourceDigests['isFile'],
  ): ResourceDigests => ({
    isFile: isThere,
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
    remembered: digestsBy(remember, isFileOnce),
    afresh: digestsBy(async (key, find) => {
      const earlier = await remember(key, find);
      return filesSeen(earlier.look) === earlier.seen ? earlier : await find();
    }, isFileNow),
    look: async () => {
      const known = await allKnown();
      if (known === undefined) return undefined;
      const paths = (kind: keyof Look): readonly string[] =>
        [...new Set(known.flatMap(({ look }) => look[kind]))].sort();
      return { trees: paths('trees'), entries: paths('entries') };
    },
    stillHold: async () => {
      for (const { digest, look, seen, again } of (await allKnown()) ?? []) {
        if (filesSeen(look) !== seen) return false;
        if (again !== undefined && (await again()).digest !== digest) return false;
      }
      return true;
    },
    codeTexts,
  };
}
