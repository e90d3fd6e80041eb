/**
 * Finds components: those of this package by name, those of the user by file. Specs and executors are loaded only when
 * they are asked for; who executes them, and when, is the runner's business.
 */
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson } from '../artifacts/canonical-json.js';
import { sha256Hex } from '../artifacts/digest.js';
import { isMapping } from '../artifacts/mapping.js';
import type { Look } from '../artifacts/look.js';
import type { Digest } from '../artifacts/store/artifact-store.js';
import type { ComponentSpec } from './component-spec.js';
import { type EarlierExecution, StepError, type AnyExecutor } from './executor.js';
import type { Resolve } from './resolve.js';
import { closestName } from './suggestion.js';
import { loadUserModule, userModuleIdentity, type UserModule } from './user-module.js';

/** Where a node's component comes from. */
export type ComponentSource =
  | { readonly kind: 'builtin'; readonly name: string }
  /** A file of the user's that exports `spec` and `execute`; absolute path. */
  | { readonly kind: 'file'; readonly path: string };

/** A component, or why there is none. */
export type FoundComponent =
  | { readonly found: true; readonly spec: ComponentSpec; readonly source: ComponentSource }
  | {
      readonly found: false;
      readonly code: 'unknown-component' | 'bad-component';
      readonly message: string;
      readonly hint: string | undefined;
    };

/** What the module of an executor exports. */
export interface ExecutorModule {
  readonly execute: AnyExecutor;
  /** For components that resolve, in place of `execute`. */
  readonly resolve?: Resolve;
  /**
   * For components with effects outside the store: the reason why what an earlier execution did no longer stands;
   * undefined when it does.
   */
  readonly standing?: (earlier: EarlierExecution) => Promise<string | undefined>;
  /** What `standing` looks at: as long as it is as it was, the answer is the same. */
  readonly reach?: (earlier: EarlierExecution) => Promise<Look>;
}

interface Builtin {
  readonly folder: string;
  readonly spec: () => Promise<{ readonly spec: ComponentSpec }>;
  readonly executor: () => Promise<unknown>;
}

const BUILTIN: Readonly<Record<string, Builtin>> = {
  ExampleGen: {
    folder: 'example-gen',
    spec: () => import('./example-gen/spec.js'),
    executor: () => import('./example-gen/executor.js'),
  },
  Transform: {
    folder: 'transform',
    spec: () => import('./transform/spec.js'),
    executor: () => import('./transform/executor.js'),
  },
  Tuner: {
    folder: 'tuner',
    spec: () => import('./tuner/spec.js'),
    executor: () => import('./tuner/executor.js'),
  },
  Trainer: {
    folder: 'trainer',
    spec: () => import('./trainer/spec.js'),
    executor: () => import('./trainer/executor.js'),
  },
  Evaluator: {
    folder: 'evaluator',
    spec: () => import('./evaluator/spec.js'),
    executor: () => import('./evaluator/executor.js'),
  },
  TFLiteConverter: {
    folder: 'tflite-converter',
    spec: () => import('./tflite-converter/spec.js'),
    executor: () => import('./tflite-converter/executor.js'),
  },
  Pusher: {
    folder: 'pusher',
    spec: () => import('./pusher/spec.js'),
    executor: () => import('./pusher/executor.js'),
  },
  Importer: {
    folder: 'importer',
    spec: () => import('./importer/spec.js'),
    executor: () => import('./importer/executor.js'),
  },
  Resolver: {
    folder: 'resolver',
    spec: () => import('./resolver/spec.js'),
    executor: () => import('./resolver/executor.js'),
  },
  Command: {
    folder: 'command',
    spec: () => import('./command/spec.js'),
    executor: () => import('./command/executor.js'),
  },
};

/** Names of the components of this package, in the order in which a pipeline uses them. */
export const builtinNames: readonly string[] = Object.keys(BUILTIN);

/** The specs of all components of this package. */
export async function builtinSpecs(): Promise<readonly ComponentSpec[]> {
  return await Promise.all(Object.values(BUILTIN).map(async ({ spec }) => (await spec()).spec));
}

function builtin(name: string): Builtin {
  const found = Object.hasOwn(BUILTIN, name) ? BUILTIN[name] : undefined;
  if (found === undefined) throw new Error(`no component ${name}`);
  return found;
}

/** Whether the name of a component means a file of the user's. */
function isFile(name: string): boolean {
  return /\.(ts|mts|js|mjs)$/u.test(name);
}

const FILE_EXPORTS = ['spec', 'execute'];

function isSpec(value: unknown): value is ComponentSpec {
  return (
    isMapping(value) &&
    typeof value['name'] === 'string' &&
    typeof value['check'] === 'function' &&
    typeof value['splits'] === 'function' &&
    typeof value['splitParams'] === 'function' &&
    isMapping(value['inputs']) &&
    isMapping(value['outputs']) &&
    isMapping(value['params'])
  );
}

async function findFile(path: string): Promise<FoundComponent> {
  const bad = (message: string, hint: string | undefined): FoundComponent => ({
    found: false,
    code: 'bad-component',
    message,
    hint,
  });
  try {
    const module = await loadUserModule(componentModule(path));
    if (!isSpec(module['spec'])) {
      return bad(`${path} exports a 'spec' that is none`, "make it with defineSpec({…}) from 'tfjs-pipelines'");
    }
    if (typeof module['execute'] !== 'function') return bad(`${path}: 'execute' is no function`, undefined);
    return { found: true, spec: module['spec'], source: { kind: 'file', path } };
  } catch (error) {
    if (error instanceof StepError) return bad(error.message, error.hint);
    throw error;
  }
}

/** Finds the component that a name or a file means; the same answer for the same question. */
export type FindComponent = (name: string) => Promise<FoundComponent>;

/** Makes a finder for a pipeline whose files lie in `baseDir`. */
export function componentFinder(baseDir: string): FindComponent {
  const known = new Map<string, Promise<FoundComponent>>();
  const find = async (name: string): Promise<FoundComponent> => {
    if (isFile(name)) return await findFile(resolve(baseDir, name));
    if (Object.hasOwn(BUILTIN, name)) {
      const { spec } = await builtin(name).spec();
      return { found: true, spec, source: { kind: 'builtin', name } };
    }
    const closest = closestName(name, builtinNames);
    return {
      found: false,
      code: 'unknown-component',
      message: `there is no component '${name}'`,
      hint:
        closest === undefined
          ? `known are: ${builtinNames.join(', ')}; a file of your own is written as './my-component.ts'`
          : `did you mean '${closest}'?`,
    };
  };
  return (name) => {
    const found = known.get(name) ?? find(name);
    known.set(name, found);
    return found;
  };
}

/** Loads what executes a component. */
export async function loadExecutor(source: ComponentSource): Promise<ExecutorModule> {
  const module =
    source.kind === 'builtin'
      ? await builtin(source.name).executor()
      : await loadUserModule(componentModule(source.path));
  return module as ExecutorModule;
}

/** Loads what executes components. */
export type LoadExecutor = (source: ComponentSource) => Promise<ExecutorModule>;

/** Makes a loader that loads what executes a component once; the same answer for the same question. */
export function executorLoader(): LoadExecutor {
  const known = new Map<string, Promise<ExecutorModule>>();
  return (source) => {
    const key = source.kind === 'builtin' ? source.name : source.path;
    const module = known.get(key) ?? loadExecutor(source);
    known.set(key, module);
    return module;
  };
}

/** Written beside this module when the package is built: digest of the code by component. */
export const DIGESTS_FILE = 'code-digests.json';

/** Digest of the code of every component of this package: all modules of its folder with what they import. */
export async function computeCodeDigests(): Promise<Readonly<Record<string, Digest>>> {
  const here = dirname(fileURLToPath(import.meta.url));
  const entries = Object.entries(BUILTIN).map(async ([name, { folder }]) => {
    const files = (await readdir(join(here, folder))).filter((file) => /(?<!\.d)\.(js|ts)$/u.test(file)).sort();
    const digests = files.map(async (file) => [
      file.replace(/\.[jt]s$/u, ''),
      (await userModuleIdentity({ file: join(here, folder, file), exports: 'all' })).digest,
    ]);
    return [name, sha256Hex(canonicalJson(await Promise.all(digests)))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The exports that are a component in a file of the user's. */
export function componentModule(file: string): UserModule {
  return { file, exports: FILE_EXPORTS };
}

/** Answers with the digest of the code of a component of this package; the same answer for the same question. */
export function builtinCodeDigests(): (name: string) => Promise<Digest> {
  let builtins: Promise<Readonly<Record<string, Digest>>> | undefined;
  const load = async (): Promise<Readonly<Record<string, Digest>>> => {
    const path = join(dirname(fileURLToPath(import.meta.url)), DIGESTS_FILE);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    return text === undefined ? await computeCodeDigests() : (JSON.parse(text) as Record<string, Digest>);
  };
  return async (name) => {
    builtins ??= load();
    const digest = (await builtins)[name];
    if (digest === undefined) throw new Error(`no digest of the code of ${name}`);
    return digest;
  };
}
