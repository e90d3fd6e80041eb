/**
 * A run that has ended as one JSON document, for hooks: gathered from the run's events. Its form is published in
 * `schemas/run-summary.schema.json`; what is added later is added as further keys.
 */
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import type { RunEvent, RunOutcome } from './run-event.js';
import type { StepState } from './run-state.js';

/** What a node has come to. */
export type SummaryState = Exclude<StepState, 'waiting' | 'ready' | 'running'>;

/** One node of a summary. */
export interface NodeSummary {
  readonly name: string;
  readonly component: string;
  readonly state: SummaryState;
  /** How often it was tried: 0 where it was not executed. */
  readonly attempts: number;
  /** From its first attempt to its end; 0 where it was not executed. */
  readonly durationMs: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly artifacts: readonly {
    readonly output: string;
    readonly type: string;
    readonly digest: string;
    readonly bytes: number;
  }[];
  /** Of a failed node. */
  readonly failure?: { readonly code: string; readonly message: string; readonly hint?: string };
  /** Why it was skipped, or the node that failed or was stopped and so kept it from being run. */
  readonly because?: string;
}

/** A run that has ended. */
export interface RunSummary {
  /** Version of this form. */
  readonly version: 1;
  readonly run: number;
  readonly pipeline: string;
  readonly outcome: RunOutcome;
  /** As `2025-01-31T12:00:00.000Z`. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** In the graph's order. */
  readonly nodes: readonly NodeSummary[];
}

type Known = Partial<Omit<NodeSummary, 'name' | 'component'>>;

/** Gathers a summary while a run goes on. */
export class RunSummaryBuilder {
  readonly #graph: PipelineGraph;
  readonly #nodes = new Map<string, Known>();
  readonly #startedAt = new Map<string, number>();
  #run: { readonly id: number; readonly startedAt: number } | undefined;

  constructor(graph: PipelineGraph) {
    this.#graph = graph;
  }

  /** Whether the run has begun. */
  get begun(): boolean {
    return this.#run !== undefined;
  }

  /** @param now - milliseconds since 1970 */
  apply(event: RunEvent, now: number): void {
    switch (event.type) {
      case 'run-started':
        this.#run = { id: event.run, startedAt: now };
        break;
      case 'step-started':
        if (event.attempt === 1) this.#startedAt.set(event.node, now);
        this.#nodes.set(event.node, { attempts: event.attempt });
        break;
      case 'step-cached':
      case 'step-completed': {
        const state = event.type === 'step-cached' ? 'cached' : 'complete';
        const artifacts = event.outputs.map(({ port, type, digest, bytes }) => ({ output: port, type, digest, bytes }));
        this.#end(event.node, { state, metrics: event.metrics, artifacts }, now);
        break;
      }
      case 'step-failed': {
        const { code, message, hint } = event.failure;
        const failure = { code, message, ...(hint === undefined ? {} : { hint }) };
        this.#end(event.node, { state: 'failed', failure }, now);
        break;
      }
      case 'step-canceled':
        this.#end(event.node, { state: 'canceled' }, now);
        break;
      case 'step-skipped':
        this.#end(event.node, { state: 'skipped', because: event.reason }, now);
        break;
      case 'step-abandoned':
        this.#end(event.node, { state: 'abandoned', because: event.because }, now);
        break;
      default:
        break;
    }
  }

  /** The summary of a run that has begun. Nodes that came to no end were canceled. */
  build(outcome: RunOutcome, durationMs: number): RunSummary {
    if (this.#run === undefined) throw new Error('a run is summarized before it has begun');
    const { id, startedAt } = this.#run;
    return {
      version: 1,
      run: id,
      pipeline: this.#graph.name,
      outcome,
      startedAt: new Date(startedAt).toISOString(),
      durationMs,
      nodes: this.#graph.nodes.map(({ name, spec }) => ({
        name,
        component: spec.name,
        state: 'canceled',
        attempts: 0,
        durationMs: 0,
        metrics: {},
        artifacts: [],
        ...this.#nodes.get(name),
      })),
    };
  }

  #end(node: string, end: Known, now: number): void {
    const startedAt = this.#startedAt.get(node);
    const durationMs = startedAt === undefined ? 0 : now - startedAt;
    this.#nodes.set(node, { ...this.#nodes.get(node), durationMs, ...end });
  }
}
