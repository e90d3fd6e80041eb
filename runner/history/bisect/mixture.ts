/**
 * A pipeline with some of the changes between two runs switched: what its nodes are made of is taken from the one run or
 * the other. User code is restored as it was kept; data cannot be, so a node that read data which are gone stands only as
 * far as an earlier run made it of the very same.
 */
import type { Digest } from '../../../artifacts/store/artifact-store.js';
import { StepError } from '../../../components/executor.js';
import { isMapping } from '../../../artifacts/mapping.js';
import type { ParamPath, ParamResource } from '../../../components/params.js';
import type { ComponentSource } from '../../../components/registry.js';
import { backendIdentity, type BackendIdentity } from '../../../components/tensorflow/backend-identity.js';
import { parseModuleReference } from '../../../components/user-module.js';
import type { GraphNode, PipelineGraph } from '../../graph/pipeline-graph.js';
import { argumentFiles } from '../../plan/argument-files.js';
import { replaced } from '../../plan/node-fingerprint.js';
import type { RecordedNode, RecordedNodes } from '../../plan/recorded-node.js';
import type { ResourceDigests } from '../../plan/resource-digests.js';
import { changeKey, valueOrigins, type RunSides } from './changes.js';
import type { RestoreCode } from './restored-code.js';
import { codeKey, recordedDigest, resourceKey, valueAt, type Side } from './run-side.js';

/** A mixture that can be run. */
export interface Mixture {
  readonly graph: PipelineGraph;
  readonly recorded: RecordedNodes;
  /** Keys of the changes that nodes lack what they were made of, by node. */
  readonly lacking: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a node lacks, as text, by the key of the change that it would go with. */
type Lacks = Map<string, string>;

/** What mixtures are made from. */
export interface MixedRuns {
  readonly sides: RunSides;
  /** Digests of what the files hold now. */
  readonly now: ResourceDigests;
  readonly restore: RestoreCode;
}

/** Paths of recorded files, folders and user code inside a recorded value. */
function recordedPaths(value: unknown, path: ParamPath): readonly ParamPath[] {
  if (recordedDigest(value) !== undefined) return [path];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => recordedPaths(item, [...path, index]));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => recordedPaths(item, [...path, key]));
}

async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  return await found.catch((error: unknown) => {
    if (error instanceof StepError) return undefined;
    throw error;
  });
}

/** Mixes one node after the other. */
class Mixing {
  readonly #baseDir: string;

  constructor(
    private readonly runs: MixedRuns,
    private readonly switched: ReadonlySet<string>,
  ) {
    this.#baseDir = runs.sides.bad.graph.baseDir;
  }

  #sideOf(change: string): Side {
    return this.switched.has(change) ? 'bad' : 'good';
  }

  /** What is on record on the side that a change is on; where only one run knows of it, what that one knows. */
  #pick<T>(change: string, read: (side: Side) => T | undefined): T | undefined {
    const side = this.#sideOf(change);
    return read(side) ?? read(side === 'good' ? 'bad' : 'good');
  }

  #recorded(key: string): Digest | undefined {
    return this.#pick(changeKey(key), (side) => this.runs.sides[side].digests.get(key));
  }

  found(name: string): Digest | undefined {
    return this.#pick(`data found by ${name}`, (side) => this.runs.sides[side].resolved.get(name));
  }

  /** Answers with what is on record, and of what is not, with what the files hold now. */
  #digests(): ResourceDigests {
    const { now, sides } = this.runs;
    const key = (kind: ParamResource['kind'], value: string): string => resourceKey({ kind, value }, this.#baseDir);
    const partsOf = (digest: Digest | undefined) =>
      digest === undefined ? undefined : (sides.good.parts.get(digest) ?? sides.bad.parts.get(digest));
    return {
      isFile: now.isFile,
      path: async (value) => this.#recorded(key('path', value)) ?? (await now.path(value)),
      module: async (reference) => this.#recorded(key('module', reference)) ?? (await now.module(reference)),
      code: async (source) => this.#recorded(codeKey(source)) ?? (await now.code(source)),
      parts: async (reference) => partsOf(this.#recorded(key('module', reference))) ?? (await now.parts(reference)),
      componentParts: async (source) => partsOf(this.#recorded(codeKey(source))) ?? (await now.componentParts(source)),
    };
  }

  #backend(): Pick<BackendIdentity, 'version'> & { readonly name: string } {
    return this.#pick('release backend', (side) => this.runs.sides[side].backend) ?? backendIdentity();
  }

  /** A node with the values that are on record where the file has been edited; and what of them cannot be had. */
  #withValues(node: GraphNode, lacks: Lacks): GraphNode {
    let [params, env, seed]: [Record<string, unknown>, Record<string, string>, number] = [
      { ...node.params },
      { ...node.env },
      node.seed,
    ];
    for (const [path, { isAsFile, key }] of valueOrigins(node.name, this.runs.sides)) {
      const document = this.runs.sides[this.#sideOf(key)].documents.get(node.name);
      if (isAsFile || document === undefined) continue;
      const [kind, name] = [path.slice(0, path.indexOf('.')), path.slice(path.indexOf('.') + 1)];
      if (path === 'seed') ({ seed } = document);
      else if (kind === 'env') {
        const value = document.env[name];
        env = Object.fromEntries(Object.entries(env).filter(([other]) => other !== name));
        if (value !== undefined) env[name] = value;
      } else {
        const value = document.params[name];
        params = Object.fromEntries(Object.entries(params).filter(([other]) => other !== name));
        if (value === undefined) continue;
        params[name] = value;
        for (const at of recordedPaths(value, [name])) {
          const resource = node.resources.find((each) => each.path.join('.') === at.join('.'));
          if (resource === undefined)
            lacks.set(key, `the path of ${node.name}.params.${at.join('.')} is not on record`);
          else params = replaced(params, at, resource.value) as Record<string, unknown>;
        }
      }
    }
    const resources = node.resources.filter(({ path, value }) => valueAt(params, path) === value);
    return { ...node, params, env, seed, resources };
  }

  /** The file of restored code; adds to `lacks` when it cannot be restored. */
  async #restored(digest: Digest, file: string, lacks: Lacks): Promise<string> {
    const restored = await this.runs.restore(digest, file);
    if ('lacks' in restored) lacks.set(`code ${file}`, restored.lacks);
    return 'path' in restored ? restored.path : file;
  }

  /** The node as it is executed; adds to `lacks` what hinders that. */
  async #executed(node: GraphNode, lacks: Lacks): Promise<GraphNode> {
    const { now } = this.runs;
    const wanted = this.#digests();
    const gone = (value: string): void => {
      lacks.set(changeKey(resourceKey({ kind: 'path', value }, this.#baseDir)), `${value} is not what it was`);
    };
    let [params, source]: [unknown, ComponentSource] = [node.params, node.source];
    for (const { kind, path, value } of node.resources) {
      const digest = this.#recorded(resourceKey({ kind, value }, this.#baseDir));
      if (digest === undefined || digest === (await orMissing(now[kind](value)))) continue;
      if (kind === 'path') gone(value);
      else {
        const { file, exports } = parseModuleReference(value, this.#baseDir);
        const restored = await this.#restored(digest, file, lacks);
        params = replaced(params, path, `${restored}#${String(exports)}`);
      }
    }
    const code = await wanted.code(source);
    if (code !== (await orMissing(now.code(source)))) {
      if (source.kind === 'builtin') {
        lacks.set(changeKey(codeKey(source)), `${source.name} has other code in this release`);
      } else source = { ...source, path: await this.#restored(code, source.path, lacks) };
    }
    for (const file of argumentFiles(node, this.#baseDir)) {
      if ((await wanted.path(file)) !== (await orMissing(now.path(file)))) gone(file);
    }
    const [backend, here] = node.spec.usesBackend ? [this.#backend(), backendIdentity()] : [undefined, undefined];
    if (backend?.name !== here?.name || backend?.version !== here?.version) {
      lacks.set('release backend', `it was computed with ${String(backend?.name)} ${String(backend?.version)}`);
    }
    return params === node.params && source === node.source
      ? node
      : { ...node, source, params: params as GraphNode['params'] };
  }

  /** The node with its values; and how it is made, unless just as its files are now. */
  async mix(given: GraphNode, lacks: Lacks): Promise<readonly [GraphNode, RecordedNode | undefined]> {
    const node = this.#withValues(given, lacks);
    const executed = await this.#executed(node, lacks);
    if (executed === node && lacks.size === 0) return [node, undefined];
    const ingredients = { baseDir: this.#baseDir, resources: this.#digests(), backend: () => this.#backend() };
    const execution = lacks.size === 0 ? { node: executed } : { lacks: [...new Set(lacks.values())].join(', ') };
    return [node, { ingredients, execution }];
  }
}

/**
 * Mixes two runs.
 *
 * @param graph - with params of both mixed
 * @param switched - keys of the changes that are as in the bad run
 */
export async function mixRuns(graph: PipelineGraph, switched: ReadonlySet<string>, runs: MixedRuns): Promise<Mixture> {
  const mixing = new Mixing(runs, switched);
  const nodes: GraphNode[] = [];
  const recorded = new Map<string, RecordedNode>();
  const resolved = new Map<string, Digest>();
  const lacking = new Map<string, ReadonlySet<string>>();
  for (const given of graph.nodes) {
    const found = given.spec.resolves ? mixing.found(given.name) : undefined;
    if (found !== undefined) resolved.set(given.name, found);
    const lacks: Lacks = new Map();
    const [node, made] = await mixing.mix(given, lacks);
    nodes.push(node);
    if (made !== undefined) recorded.set(given.name, made);
    if (lacks.size > 0) lacking.set(given.name, new Set(lacks.keys()));
  }
  return { graph: { ...graph, nodes }, recorded: { nodes: recorded, resolved }, lacking };
}
