/**
 * What has come of the nodes of a run so far: the state of each, what it made, and the telling of it. Nothing is decided or
 * recorded here.
 */
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import { stepLogPath } from '../../artifacts/store/step-log.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import { needsOf, type GraphNode, type PipelineGraph } from '../graph/pipeline-graph.js';
import { arrivalOf, type Arrival, type ArtifactsByPort, type NodeEnd } from '../plan/arrival.js';
import type { ReportEvent, RunEvent, StepFailure, StepResources } from './run-event.js';
import { RunState, type StepState } from './run-state.js';
import type { Settling } from './settling.js';
import { reported } from './step-artifacts.js';

/** What a node made, and what it says of it. */
export type Made = Omit<Extract<NodeEnd, { kind: 'made' }>, 'kind'>;

/** Where what a cached node made is from. */
type CachedFrom = Pick<StepCached, 'fromRun' | 'savedMs'>;

/** How a node was executed. */
interface CompletedHow extends Pick<StepCompleted, 'durationMs' | 'resources' | 'reusable'> {
  /** What the next run saves, where it may use what was made. */
  readonly executeMs: number;
}

type StepCached = Extract<RunEvent, { type: 'step-cached' }>;
type StepCompleted = Extract<RunEvent, { type: 'step-completed' }>;

/** What both events tell of it. */
type Told = Pick<StepCached, 'metrics' | 'outputs'>;

function toldOf({ outputs, metrics }: Made): Told {
  return { metrics, outputs: reported(outputs) };
}

function cachedEvent(node: string, { fromRun, savedMs }: CachedFrom, told: Told): StepCached {
  return { type: 'step-cached', node, fromRun, savedMs, ...told };
}

/** The nodes of one run. */
export class RunProgress {
  readonly #run: number;
  readonly #report: ReportEvent;
  /** Is told what the next run would be told. */
  readonly #settling: Settling | undefined;
  readonly #state: RunState;
  readonly #ends = new Map<string, NodeEnd>();
  /** What came out of the nodes of this run, for what is found damaged later. */
  readonly #made = new Map<string, ReadonlySet<Digest>>();
  /** The first step that failed. */
  #failed: string | undefined;

  constructor({ nodes }: PipelineGraph, run: number, report: ReportEvent, settling: Settling | undefined) {
    this.#run = run;
    this.#report = report;
    this.#settling = settling;
    this.#state = new RunState(nodes.map((node) => ({ name: node.name, needs: needsOf(node) })));
  }

  /** The first step that failed. */
  get failed(): string | undefined {
    return this.#failed;
  }

  state(name: string): StepState {
    return this.#state.state(name);
  }

  takeReady(): readonly string[] {
    return this.#state.takeReady();
  }

  start(name: string): void {
    this.#state.apply(name, 'start');
  }

  /** What has come to a node from those before it. */
  arrival(node: GraphNode): Arrival {
    return arrivalOf(node, this.#ends);
  }

  /** What goes into a node, of which it is known that all is there. */
  inputs(node: GraphNode): ArtifactsByPort {
    const arrival = this.arrival(node);
    if (arrival.kind === 'inputs') return arrival.inputs;
    throw new Error(`${node.name} was planned with inputs that are not there`);
  }

  /** @param remote - the shared store that it was fetched from */
  cached(name: string, made: Made, from: CachedFrom, remote?: string): void {
    this.#finish(name, made, 'cached');
    const event = cachedEvent(name, from, toldOf(made));
    this.#settling?.add(event);
    this.#report(remote === undefined ? event : { ...event, remote });
  }

  completed(name: string, made: Made, { durationMs, executeMs, resources, reusable }: CompletedHow): void {
    this.#finish(name, made, 'complete');
    const told = toldOf(made);
    if (reusable) this.#settling?.add(cachedEvent(name, { fromRun: this.#run, savedMs: executeMs }, told));
    this.#report({ type: 'step-completed', node: name, durationMs, ...told, resources, reusable });
  }

  skipped(node: string, reason: string): void {
    this.#ends.set(node, { kind: 'skipped' });
    this.#state.apply(node, 'skip');
    const event = { type: 'step-skipped', node, reason } as const;
    this.#settling?.add(event);
    this.#report(event);
  }

  fail(name: string, failure: StepFailure, resources: StepResources | undefined): void {
    this.#failed ??= name;
    const log = stepLogPath(this.#run, name);
    this.#report({ type: 'step-failed', node: name, failure, resources, log });
    this.#tellAbandoned(this.#state.apply(name, 'fail'), name);
  }

  cancel(name: string): void {
    this.#report({ type: 'step-canceled', node: name });
    this.#tellAbandoned(this.#state.apply(name, 'cancel'), name);
  }

  /** Gives a node up, and what needs it. */
  abandon(name: string, because: string): void {
    this.#tellAbandoned([name, ...this.#state.apply(name, 'abandon')], because);
  }

  /** Lets an input of a running node be made again that was found damaged, or gives the node up where that cannot be. */
  remake({ name, inputs }: GraphNode, port: string, digest: Digest): void {
    const maker = inputs[port]?.find(({ node }) => this.#made.get(node)?.has(digest) === true)?.node;
    if (maker === undefined) throw new Error(`nothing that ${name} needs made artifact ${digest}`);
    if (this.#state.redo(maker, name)) this.#ends.delete(maker);
    else this.abandon(name, maker);
  }

  #finish(name: string, { outputs, metrics }: Made, how: 'cached' | 'complete'): void {
    this.#ends.set(name, { kind: 'made', outputs, metrics });
    const artifacts: readonly ArtifactRecord[] = Object.values(outputs).flat();
    this.#made.set(name, new Set(artifacts.map(({ digest }) => digest)));
    this.#state.apply(name, how);
  }

  #tellAbandoned(nodes: readonly string[], because: string): void {
    for (const node of nodes) this.#report({ type: 'step-abandoned', node, because });
  }
}
