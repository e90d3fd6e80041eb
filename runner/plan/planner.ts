/**
 * Decides for one node after the other whether an earlier execution can stand for it, and says why when not. It reads;
 * what becomes of damaged artifacts is its caller's business.
 */
import { resolve } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { ArtifactStore, Soundness } from '../../artifacts/store/artifact-store.js';
import type {
  BoundArtifact,
  FingerprintRecord,
  MetadataStore,
  ReusableExecution,
  ReusableExecutions,
} from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import { calmSight, type Look } from '../../artifacts/look.js';
import { StepError, type EarlierExecution } from '../../components/executor.js';
import { isFile } from '../../components/command/arguments.js';
import { loadExecutor, type ExecutorModule } from '../../components/registry.js';
import type { Candidate } from '../../components/resolve.js';
import { backendIdentity } from '../../components/tensorflow/backend-identity.js';
import type { GraphNode, PipelineGraph } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from './arrival.js';
import { closestOfNode } from './closest-execution.js';
import { changedIngredients } from './fingerprint.js';
import { nodeFingerprint, nodeIngredients, type Ingredients } from './node-fingerprint.js';
import { argumentsThatMayBeFiles } from './argument-files.js';
import type { RecordedNodes } from './recorded-node.js';
import { resourcesOf, type Resources } from './resource-digests.js';

/** An artifact that is not what its digest promises. */
export interface DamagedArtifact {
  readonly port: string;
  readonly digest: Digest;
  readonly problems: readonly string[];
}

/** What is to be done with a node whose inputs are known. */
export type Decision =
  /** Its output is an artifact that is there already. */
  | {
      readonly kind: 'resolved';
      readonly fingerprint: FingerprintRecord;
      readonly port: string;
      readonly artifact: ArtifactRecord;
      readonly found: string;
      readonly damaged: readonly DamagedArtifact[];
    }
  /** There is no artifact for its output. */
  | { readonly kind: 'skipped'; readonly reason: string; readonly damaged: readonly DamagedArtifact[] }
  | { readonly kind: 'cached'; readonly fingerprint: FingerprintRecord; readonly from: ReusableExecution }
  | {
      readonly kind: 'run';
      readonly fingerprint: FingerprintRecord;
      /** Why no earlier execution stands for it, in a few words. */
      readonly reason: string;
      readonly damaged: readonly DamagedArtifact[];
    };

/** The digest of an output. */
export interface OutputDigest {
  readonly port: string;
  readonly digest: Digest;
}

/** What decided on the nodes of a pipeline, beside its file. */
export interface Grounds {
  /** Files whose content counts. */
  readonly read: Look;
  /** What says which files those are, and what stands outside the store. */
  readonly decided: Look;
  /** How the latter looks while it is known to say this. */
  readonly seen: Digest;
}

/** What the planner may use. */
export interface PlannerOptions {
  readonly graph: PipelineGraph;
  /** Undefined while nothing ever ran. */
  readonly store: { readonly artifacts: ArtifactStore; readonly metadata: MetadataStore } | undefined;
  /** Whether earlier executions may stand for nodes at all. */
  readonly cache: boolean;
  readonly force: ReadonlySet<string>;
  /** Nodes that are not to be executed: what an earlier run made of them is used. */
  readonly fromCache: ReadonlySet<string>;
  /** Nodes that are made of what an earlier run was made of. */
  readonly recorded?: RecordedNodes | undefined;
}

/** Outputs by port. */
export function byPort(bound: readonly BoundArtifact[]): ArtifactsByPort {
  const ports: Record<string, ArtifactRecord[]> = {};
  for (const { port, artifact } of bound) (ports[port] ??= []).push(artifact);
  return ports;
}

function digestsOf(inputs: ArtifactsByPort): Readonly<Record<string, readonly Digest[]>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([port, artifacts]) => [port, artifacts.map(({ digest }) => digest)]),
  );
}

/** What stands for a node that is to find what it found in an earlier run. */
function recordedCandidates(digest: Digest, metadata: MetadataStore): readonly Candidate[] {
  return metadata
    .artifactsByDigest(digest)
    .slice(0, 1)
    .map((artifact) => ({ artifact, found: 'what an earlier run found' }));
}

/** Names of changed ingredients that a reason lists. */
const LISTED = 3;

/** Decides for the nodes of one pipeline. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #sources: Ingredients;
  readonly #sourcesNow: Ingredients;
  readonly #resources: Resources;

  constructor(options: PlannerOptions) {
    this.#options = options;
    const { baseDir } = options.graph;
    this.#resources = resourcesOf(baseDir);
    const { remembered, afresh } = this.#resources;
    this.#sources = { baseDir, resources: remembered, backend: backendIdentity };
    this.#sourcesNow = { baseDir, resources: afresh, backend: backendIdentity };
  }

  /**
   * Decides for a node.
   *
   * @param known - executions and witnesses that were looked up before; the rest is asked for
   * @throws StepError when a file or user code that its params name cannot be read, or when the node is not selected and
   *   no earlier execution stands for it
   */
  async decide(node: GraphNode, inputs: ArtifactsByPort, known?: ReusableExecutions): Promise<Decision> {
    if (node.spec.resolves) return await this.#resolve(node);
    const { store, cache, force, fromCache } = this.#options;
    const recorded = this.#options.recorded?.nodes.get(node.name);
    const fingerprint = await nodeFingerprint(node, digestsOf(inputs), recorded?.ingredients ?? this.#sources);
    const selected = !fromCache.has(node.name);
    const run = (reason: string, damaged: readonly DamagedArtifact[] = []): Decision => {
      if (recorded !== undefined && 'lacks' in recorded.execution) {
        throw new StepError(
          'not-kept',
          `no earlier run has made what is needed of it, and ${recorded.execution.lacks}`,
          'put it back as it was',
        );
      }
      if (selected) return { kind: 'run', fingerprint, reason, damaged };
      throw new StepError(
        'not-selected',
        `it is not selected, and no earlier run has made what is needed of it: ${reason}`,
        'run it first, or select it too',
      );
    };
    if (force.has(node.name)) return run('forced');
    if (!cache && selected) return run('the cache is not used');
    if (!node.cache) return run('cache: false');
    if (store === undefined) return run('first run');
    const from = known?.executions.get(fingerprint.digest) ?? store.metadata.findCompleted(fingerprint.digest);
    if (from === undefined) return run(this.#difference(node, fingerprint, store.metadata));
    const unrecorded = Object.keys(node.outputs).filter((name) => !from.outputs.some(({ port }) => port === name));
    if (unrecorded.length > 0) return run(`the record of its output ${unrecorded.join(', ')} is damaged`);
    const damaged = await this.#damage(from.outputs, store, known);
    if (damaged.length > 0)
      return run(`its output ${damaged.map(({ port }) => port).join(', ')} is damaged or gone`, damaged);
    const fallen = node.spec.external ? await this.#fallen(node, from, store.artifacts) : undefined;
    return fallen === undefined ? { kind: 'cached', fingerprint, from } : run(fallen);
  }

  /**
   * What a node was made of when it was decided on and is not any more: files and user code that were changed since.
   *
   * @returns paths of ingredients, and what hinders reading them; empty when all is as it was
   */
  async changedSince(
    node: GraphNode,
    inputs: ArtifactsByPort,
    fingerprint: FingerprintRecord,
  ): Promise<readonly string[]> {
    try {
      const ingredientsBy = async (sources: Ingredients): Promise<string> =>
        canonicalJson(await nodeIngredients(node, digestsOf(inputs), sources));
      const isRecorded = this.#options.recorded?.nodes.has(node.name) === true;
      // Of a node that is made of what is on record, the files are compared with what they were when this run began.
      const before = isRecorded ? await ingredientsBy(this.#sources) : fingerprint.document;
      const now = await ingredientsBy(this.#sourcesNow);
      if (now === before) return [];
      return changedIngredients(JSON.parse(before), JSON.parse(now)).map(({ path }) => path);
    } catch (error) {
      if (error instanceof StepError) return [error.message];
      throw error;
    }
  }

  /**
   * All outside the pipeline file that decided on the nodes.
   *
   * @param made - digests of the outputs of nodes, by node and port
   * @returns undefined when something of it is no longer as it was, or has only just changed
   */
  async grounds(made: ReadonlyMap<string, readonly OutputDigest[]>): Promise<Grounds | undefined> {
    const { graph, store } = this.#options;
    const found = await this.#resources.look();
    if (found === undefined || store === undefined) return undefined;
    const reaches: Look[] = [];
    const outside: { readonly executor: ExecutorModule; readonly earlier: EarlierExecution }[] = [];
    for (const node of graph.nodes.filter(({ spec }) => spec.external)) {
      const earlier = this.#earlier(made.get(node.name) ?? [], store.artifacts);
      const executor = await loadExecutor(node.source);
      if (executor.standing === undefined || executor.reach === undefined) return undefined;
      outside.push({ executor, earlier });
      reaches.push(await executor.reach(earlier));
    }
    const read = new Set(found.trees);
    const possible = [...new Set(graph.nodes.flatMap(argumentsThatMayBeFiles))].map((name) =>
      resolve(graph.baseDir, name),
    );
    const decided = {
      trees: reaches.flatMap(({ trees }) => trees),
      entries: [
        ...found.entries,
        ...reaches.flatMap(({ entries }) => entries),
        ...possible.filter((path) => !read.has(path)),
      ],
    };
    const seen = await calmSight(decided);
    if (seen === undefined) return undefined;
    // Looked at first, asked afterwards: what changes from here on shows.
    if (possible.some((path) => isFile(path) && !read.has(path))) return undefined;
    if (!(await this.#resources.stillHold())) return undefined;
    for (const { executor, earlier } of outside) {
      if ((await executor.standing?.(earlier)) !== undefined) return undefined;
    }
    return { read: { trees: found.trees, entries: [] }, decided, seen };
  }

  /** The user code that a node was found to be made of, by its digest. */
  codeOf({ document }: FingerprintRecord): readonly (readonly [Digest, string])[] {
    return [...this.#resources.codeTexts].filter(([digest]) => document.includes(digest));
  }

  async #resolve(node: GraphNode): Promise<Decision> {
    const { store, graph, recorded } = this.#options;
    const [output] = Object.entries(node.outputs);
    const executor = await loadExecutor(node.source);
    if (output === undefined || executor.resolve === undefined) throw new Error(`${node.name} cannot be resolved`);
    const [port, { name: type }] = output;
    const damaged: DamagedArtifact[] = [];
    if (store === undefined) return { kind: 'skipped', reason: 'nothing has run yet', damaged };
    const wanted = recorded?.resolved.get(node.name);
    const { candidates, none } =
      wanted === undefined
        ? executor.resolve({ params: node.params, type, pipeline: graph.name }, store.metadata)
        : { candidates: recordedCandidates(wanted, store.metadata), none: 'what it found in the earlier run is gone' };
    for (const { artifact, found } of candidates) {
      const bad = await this.#damage([{ port, index: 0, artifact }], store, undefined);
      damaged.push(...bad);
      if (bad.length > 0) continue;
      const fingerprint = await nodeFingerprint(node, { [port]: [artifact.digest] }, this.#sources);
      return { kind: 'resolved', fingerprint, port, artifact, found, damaged };
    }
    return { kind: 'skipped', reason: none, damaged };
  }

  #difference(node: GraphNode, fingerprint: FingerprintRecord, metadata: MetadataStore): string {
    const { name } = this.#options.graph;
    const closest = closestOfNode(metadata, {
      pipeline: name,
      node: node.name,
      component: node.spec.name,
      fingerprint,
    });
    if (closest === undefined) return 'first run';
    const paths = closest.changes.map(({ path }) => path);
    if (paths.length === 0) return 'its earlier outputs may not be used again';
    const more = paths.length > LISTED ? ` and ${String(paths.length - LISTED)} more` : '';
    return `changed: ${paths.slice(0, LISTED).join(', ')}${more}`;
  }

  async #damage(
    outputs: readonly BoundArtifact[],
    { artifacts, metadata }: NonNullable<PlannerOptions['store']>,
    known: ReusableExecutions | undefined,
  ): Promise<readonly DamagedArtifact[]> {
    const damaged: DamagedArtifact[] = [];
    for (const { port, artifact } of outputs) {
      const { digest } = artifact;
      const soundness: Soundness = await artifacts.check(
        digest,
        known?.witnesses.get(digest) ?? metadata.witness(digest),
      );
      if (soundness.state === 'missing') damaged.push({ port, digest, problems: ['it is gone'] });
      else if (soundness.state === 'damaged') damaged.push({ port, digest, problems: soundness.problems });
    }
    return damaged;
  }

  async #fallen(
    node: GraphNode,
    { outputs }: ReusableExecution,
    artifacts: ArtifactStore,
  ): Promise<string | undefined> {
    const { standing } = await loadExecutor(node.source);
    return await standing?.(
      this.#earlier(
        outputs.map(({ port, artifact }) => ({ port, digest: artifact.digest })),
        artifacts,
      ),
    );
  }

  #earlier(outputs: readonly OutputDigest[], artifacts: ArtifactStore): EarlierExecution {
    const paths = outputs.map(({ port, digest }) => [port, { path: artifacts.pathOf(digest) }] as const);
    return { outputs: Object.fromEntries(paths), baseDir: this.#options.graph.baseDir };
  }
}
