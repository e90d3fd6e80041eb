/**
 * Gathers, while a run goes on, what it stands on, and keeps it as a settled run when the same request would find all of
 * it cached: see settled-run.ts.
 */
import { CLOCK_LAG_MS, lookAt } from '../../artifacts/look.js';
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import { systemErrorCode } from '../../artifacts/system-error.js';
import { StepError } from '../../components/executor.js';
import { backendIdentity } from '../../components/tensorflow/backend-identity.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import type { Planner } from '../plan/planner.js';
import { writeSettled, type SettledRun, type SettledStep } from './settled-run.js';

/** What was asked for. */
export interface RunRequest {
  /** Of all that a request is: who makes the same again has the same digest. */
  readonly digest: Digest;
  /** When it was made, before anything was read; milliseconds since 1970. */
  readonly at: number;
  /** Digests of the texts of the YAML files that were read, by absolute path. */
  readonly texts: Readonly<Record<string, Digest>>;
  /** Absolute paths of further files that would have been read if they had been there. */
  readonly possible: readonly string[];
}

/** What a run is that may settle. */
export interface SettlingOptions {
  readonly graph: PipelineGraph;
  readonly jobs: number;
  readonly cache: boolean;
  readonly force: ReadonlySet<string>;
  readonly fromCache: ReadonlySet<string>;
  readonly checkDeterminism: boolean;
}

/** Whether files and records of the run decide alone: no choice among all artifacts, no secret. Hooks must be called. */
function canSettle({ graph, cache, force, fromCache, checkDeterminism }: SettlingOptions): boolean {
  const { nodes, secrets, onSuccess, onFailure } = graph;
  return (
    cache &&
    !checkDeterminism &&
    force.size + fromCache.size + secrets.size + onSuccess.length + onFailure.length === 0 &&
    nodes.every(({ spec }) => !spec.resolves)
  );
}

/** One run on its way to be settled. */
export class Settling {
  readonly #options: SettlingOptions;
  readonly #request: RunRequest;
  readonly #steps = new Map<string, SettledStep>();

  constructor(options: SettlingOptions, request: RunRequest) {
    this.#options = options;
    this.#request = request;
  }

  /** Takes what the next run would be told of a step. */
  add(step: SettledStep): void {
    this.#steps.set(step.node, step);
  }

  /** Keeps a complete run, if it is settled. A run that is not kept costs the next one time, and nothing else. */
  async keep(run: number, planner: Planner, metadata: MetadataStore, root: StoreRoot): Promise<void> {
    try {
      const settled = await this.#settled(run, planner, metadata);
      if (settled !== undefined) await writeSettled(root, this.#request.digest, settled);
    } catch (error) {
      // A file that can no longer be read, a full disk.
      if (error instanceof StepError || error instanceof StoreError || systemErrorCode(error) !== undefined) return;
      throw error;
    }
  }

  async #settled(run: number, planner: Planner, metadata: MetadataStore): Promise<SettledRun | undefined> {
    const { graph, jobs } = this.#options;
    const steps = graph.nodes.flatMap(({ name }) => this.#steps.get(name) ?? []);
    if (!canSettle(this.#options) || steps.length !== graph.nodes.length) return undefined;
    // What a skipped node is made of was not looked at, but whether it is valid was.
    const skipped = graph.nodes.filter(({ name }) => this.#steps.get(name)?.type === 'step-skipped');
    if (skipped.some(({ source, resources }) => source.kind !== 'builtin' || resources.length > 0)) return undefined;
    const { at, texts, possible } = this.#request;
    const outputs = steps.map((step) => [step.node, step.type === 'step-cached' ? step.outputs : []] as const);
    const grounds = await planner.grounds(new Map(outputs));
    if (grounds === undefined) return undefined;
    const missing = { trees: [], entries: possible.filter((path) => texts[path] === undefined) };
    const unseen = lookAt(missing);
    if (unseen.changedAt !== 0) return undefined;
    const read = lookAt(grounds.read);
    // What changed after the request may have done so after it was read, and look the same.
    if (read.changedAt > at - CLOCK_LAG_MS) return undefined;
    const digests = new Set(outputs.flatMap(([, made]) => made.map(({ digest }) => digest)));
    const artifacts = metadata.witnesses([...digests]);
    if (artifacts.size < digests.size) return undefined;
    const { name: pipeline, file, params } = graph;
    return {
      version: 1,
      run,
      pipeline,
      file,
      params,
      jobs,
      steps,
      texts,
      grounds: [
        { look: grounds.read, seen: read.digest },
        { look: grounds.decided, seen: grounds.seen },
        { look: missing, seen: unseen.digest },
      ],
      backend: graph.nodes.some(({ spec }) => spec.usesBackend) ? backendIdentity() : undefined,
      artifacts: Object.fromEntries(artifacts),
    };
  }
}
