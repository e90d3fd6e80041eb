/**
 * Gathers, while a run goes on, what it stands on, and keeps it as a settled run when the same request would find all of
 * it cached: see settled-run.ts.
 */
import { lookAt } from '../../artifacts/look.js';
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { Digest, StatWitness } from '../../artifacts/store/artifact-store.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import type { Planner } from '../plan/planner.js';
import { writeSettled, type SettledStep } from './settled-run.js';

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

/** Milliseconds by which the time of a change on disk may lag behind. */
const CLOCK_LAG_MS = 20;

/** What a run is that may settle. */
export interface SettlingOptions {
  readonly graph: PipelineGraph;
  readonly jobs: number;
  readonly cache: boolean;
  readonly force: ReadonlySet<string>;
  readonly fromCache: ReadonlySet<string>;
  readonly checkDeterminism: boolean;
}

/** Whether nothing decides but files and records: no program outside, no choice among all artifacts, no secret. */
function canSettle({ graph, cache, force, fromCache, checkDeterminism }: SettlingOptions): boolean {
  const { nodes, secrets, onSuccess, onFailure } = graph;
  return (
    cache &&
    !checkDeterminism &&
    force.size + fromCache.size + secrets.size + onSuccess.length + onFailure.length === 0 &&
    nodes.every(({ spec }) => !spec.external && !spec.resolves)
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
    const { graph, jobs } = this.#options;
    const steps = graph.nodes.flatMap(({ name }) => this.#steps.get(name) ?? []);
    if (!canSettle(this.#options) || steps.length !== graph.nodes.length) return;
    const found = await planner.look();
    if (found === undefined) return;
    const { digest, at, texts, possible } = this.#request;
    const look = { trees: found.trees, entries: [...found.entries, ...possible] };
    const { digest: seen, changedAt } = lookAt(look);
    // What changed after the request may have done so after it was read.
    if (changedAt > at - CLOCK_LAG_MS) return;
    const artifacts: Record<Digest, StatWitness> = {};
    for (const step of steps) {
      for (const output of step.type === 'step-cached' ? step.outputs : []) {
        const witness = metadata.witness(output.digest);
        if (witness === undefined) return;
        artifacts[output.digest] = witness;
      }
    }
    const { name: pipeline, file, params } = graph;
    const settled = { version: 1, run, pipeline, file, params, jobs, steps, texts, look, seen, artifacts } as const;
    await writeSettled(root, digest, settled).catch(() => undefined);
  }
}
