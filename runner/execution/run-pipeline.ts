/**
 * One run of a pipeline, from the lock to the last record: what is cached is recorded at once, the rest is scheduled as
 * soon as what it needs is there.
 */
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { FingerprintRecord, MetadataStore, NewExecution } from '../../artifacts/metadata/metadata-store.js';
import type {
  ArtifactRecord,
  Binding,
  ProcessIdentity,
  ProducedArtifact,
  Timings,
} from '../../artifacts/metadata/records.js';
import { openMetadataStore } from '../../artifacts/metadata/sqlite-metadata-store.js';
import { currentProcess, isAlive } from '../../artifacts/process-identity.js';
import type { RemoteStore } from '../../artifacts/remote/remote-store.js';
import type { ArtifactStore, Digest } from '../../artifacts/store/artifact-store.js';
import { openLocalArtifactStore } from '../../artifacts/store/local-artifact-store.js';
import { dropCheckpoints, sweepCheckpoints } from '../../artifacts/store/checkpoints.js';
import { keepCode } from '../../artifacts/store/kept-code.js';
import { acquireLock } from '../../artifacts/store/lock.js';
import { closeStaging, openStaging, stagingPaths, sweepStaging } from '../../artifacts/store/staging.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { openRoot } from '../../artifacts/store/store-root.js';
import { artifactTypes } from '../../artifacts/types.js';
import { StepError } from '../../components/executor.js';
import { executorLoader } from '../../components/registry.js';
import type { Demand } from '../config/demand.js';
import { needsOf, type GraphNode, type PipelineGraph } from '../graph/pipeline-graph.js';
import { arrivalOf, type ArtifactsByPort, type NodeEnd } from '../plan/arrival.js';
import { planPipeline } from '../plan/plan-pipeline.js';
import { byPort, Planner, type DamagedArtifact, type Decision } from '../plan/planner.js';
import type { RecordedNodes } from '../plan/recorded-node.js';
import { WaitingLine } from '../plan/waiting-line.js';
import { Beginning } from './beginning.js';
import { callHooks } from './call-hooks.js';
import { checkDeterminism } from './check-determinism.js';
import { maskFor } from './mask.js';
import type { ReportedArtifact, ReportEvent, RunEvent, RunOutcome, StepFailure, StepResources } from './run-event.js';
import { OwnProcess } from './own-process.js';
import { RunState } from './run-state.js';
import { Settling, type RunRequest } from './settling.js';
import { runStep, StepEnded, type StepOutcome, type StepSurroundings } from './run-step.js';
import { RunSummaryBuilder } from './run-summary.js';
import { SharedResults } from './shared-results.js';
import { stepFailure } from './step-failure.js';
import { stepLogPath } from '../../artifacts/store/step-log.js';
import { WorkerPool } from './worker-pool.js';

/** What to run and how. */
export interface RunOptions {
  readonly graph: PipelineGraph;
  /** Absolute path of the root. */
  readonly root: string;
  /** Steps that run at the same time. */
  readonly jobs: number;
  /** What they may take of the machine together. */
  readonly budget: Demand;
  /** Whether outputs of earlier runs may be used. */
  readonly cache: boolean;
  /** Nodes that run again though they are cached. */
  readonly force: ReadonlySet<string>;
  /** Nodes that are not executed: what an earlier run made of them is used. */
  readonly fromCache: ReadonlySet<string>;
  /** Nodes that are made of what an earlier run was made of. */
  readonly recorded?: RecordedNodes | undefined;
  /** Whether every step that is executed is so twice, to see whether the same bytes come out. */
  readonly checkDeterminism: boolean;
  /** Whether nothing new starts once a step has failed; else only what needs it is given up. */
  readonly failFast: boolean;
  /** A store that is shared with other machines. */
  readonly remote?: RemoteStore | undefined;
  /** What was asked for, where the same request is likely to come again; see settled-run.ts. */
  readonly request?: RunRequest | undefined;
  readonly report: ReportEvent;
  /** Aborts when the run is to stop: nothing new starts, what runs is asked to stop. */
  readonly stop: AbortSignal;
  /** Aborts when what still runs is to be killed. */
  readonly kill: AbortSignal;
}

/** How a run ended. */
export interface RunResult {
  readonly run: number;
  readonly outcome: RunOutcome;
  /** Nodes that made other bytes when they were executed again, where that was asked for. */
  readonly differing: readonly string[];
}

/** A run that has ended, and what it left. */
export interface EndedRun extends RunResult {
  /** Bytes of all artifacts that stand in the store. */
  readonly storeBytes: number;
}

/** Records of artifacts by port. */
function madeByPort(outputs: readonly ProducedArtifact[], records: readonly ArtifactRecord[]): ArtifactsByPort {
  const ports: Record<string, ArtifactRecord[]> = {};
  outputs.forEach(({ port }, index) => {
    const record = records[index];
    if (record !== undefined) (ports[port] ??= []).push(record);
  });
  return ports;
}

/** The last event of a run. */
type RunEnd = Extract<RunEvent, { type: 'run-ended' }>;

function bindings(inputs: ArtifactsByPort): readonly Binding[] {
  return Object.entries(inputs).flatMap(([port, artifacts]) =>
    artifacts.map(({ id }, index) => ({ port, index, artifactId: id })),
  );
}

function reported(outputs: ArtifactsByPort): readonly ReportedArtifact[] {
  return Object.entries(outputs).flatMap(([port, artifacts]) =>
    artifacts.map(({ type, digest, bytes }) => ({ port, type, digest, bytes })),
  );
}

function byteSum(artifacts: Iterable<{ readonly bytes: number }>): number {
  let sum = 0;
  for (const { bytes } of artifacts) sum += bytes;
  return sum;
}

const NOTHING: Demand = { cpu: 0, memory: 0, gpu: 0 };

/** A run while it goes on. */
class Run {
  readonly #options: RunOptions;
  readonly #id: number;
  readonly #metadata: MetadataStore;
  readonly #surroundings: StepSurroundings;
  readonly #planner: Planner;
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #state: RunState;
  readonly #line: WaitingLine<GraphNode>;
  /** Those that the line let start. */
  readonly #queue: PQueue;
  readonly #ends = new Map<string, NodeEnd>();
  /** What came out of the nodes of this run, for what is found damaged later. */
  readonly #made = new Map<string, ReadonlySet<Digest>>();
  /** Artifacts whose every byte was hashed in this run. */
  readonly #proved = new Set<Digest>();
  readonly #shared: SharedResults | undefined;
  readonly #readyAt = new Map<string, number>();
  readonly #settling: Settling | undefined;
  /** The first step that failed. */
  #failed: string | undefined;

  constructor(options: RunOptions, id: number, metadata: MetadataStore, surroundings: StepSurroundings) {
    const { graph } = options;
    this.#options = options;
    this.#id = id;
    this.#metadata = metadata;
    this.#surroundings = surroundings;
    const store = { artifacts: surroundings.artifacts, metadata };
    this.#planner = new Planner({ ...options, store });
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#state = new RunState(graph.nodes.map((node) => ({ name: node.name, needs: needsOf(node) })));
    this.#line = new WaitingLine(options.budget, options.jobs);
    this.#queue = new PQueue({ concurrency: options.jobs });
    const warn = (name: string, message: string): void => {
      options.report({ type: 'step-log', node: name, level: 'warn', message });
    };
    const { request } = options;
    this.#settling = request && new Settling(options, request);
    this.#shared =
      options.remote && new SharedResults(options.remote, surroundings.artifacts, surroundings.ownProcess, warn);
  }

  async run(): Promise<RunOutcome> {
    const { graph, stop } = this.#options;
    const store = { artifacts: this.#surroundings.artifacts, metadata: this.#metadata };
    const plan = await planPipeline({ ...this.#options, graph, store }, this.#planner);
    this.#metadata.transaction(() => {
      for (const { node, plan: decision } of plan) {
        // What garbage collection has taken since is decided anew when the node's turn comes.
        // What is damaged is put aside first, when the node's turn comes; what needs it waits.
        if (this.#state.state(node.name) !== 'ready' || ('damaged' in decision && decision.damaged.length > 0))
          continue;
        if (decision.kind === 'cached') this.#useCached(node, this.#inputs(node), decision);
        else if (decision.kind === 'resolved') this.#useResolved(node, decision);
        else if (decision.kind === 'skipped') this.#skip(node.name, node.spec.name, decision.reason);
      }
    });
    const cancel = (): void => {
      this.#queue.clear();
    };
    stop.addEventListener('abort', cancel, { once: true });
    this.#schedule();
    await this.#queue.onIdle();
    await this.#shared?.settled();
    stop.removeEventListener('abort', cancel);
    for (const { name } of graph.nodes) {
      const state = this.#state.state(name);
      if (state !== 'ready' && state !== 'waiting') continue;
      if (stop.aborted || this.#failed === undefined) {
        const given = this.#state.apply(name, 'cancel');
        this.#options.report({ type: 'step-canceled', node: name });
        for (const node of given) this.#options.report({ type: 'step-abandoned', node, because: name });
      } else this.#abandon(name, this.#failed);
    }
    return stop.aborted ? 'canceled' : this.#failed === undefined ? 'complete' : 'failed';
  }

  /** Keeps what the run stood on, once it is complete. */
  async settle(): Promise<void> {
    await this.#settling?.keep(this.#id, this.#planner, this.#metadata, this.#surroundings.root);
  }

  #inputs(node: GraphNode): ArtifactsByPort {
    const arrival = arrivalOf(node, this.#ends);
    if (arrival.kind === 'inputs') return arrival.inputs;
    throw new Error(`${node.name} was planned with inputs that are not there`);
  }

  /** Gives a node up, and what needs it. */
  #abandon(name: string, because: string): void {
    for (const node of [name, ...this.#state.apply(name, 'abandon')]) {
      this.#options.report({ type: 'step-abandoned', node, because });
    }
  }

  /** Nothing new starts any more. */
  #closing(): boolean {
    return this.#options.stop.aborted || (this.#options.failFast && this.#failed !== undefined);
  }

  #schedule(): void {
    if (this.#closing()) {
      this.#queue.clear();
      return;
    }
    for (const name of this.#state.takeReady()) {
      const node = this.#nodes.get(name);
      if (node === undefined) continue;
      this.#readyAt.set(name, Date.now());
      // What is not executed takes nothing.
      this.#line.add(node, this.#options.fromCache.has(name) ? NOTHING : node.demand);
    }
    for (let started = this.#line.next(); started !== undefined; started = this.#line.next()) {
      const turn = started;
      void this.#queue.add(async () => {
        await this.#surroundings.ownProcess.during(() => this.#runNode(turn.item));
        this.#line.release(turn);
        this.#schedule();
      });
    }
  }

  #execution(node: GraphNode, inputs: ArtifactsByPort, decision: Exclude<Decision, { kind: 'skipped' }>): NewExecution {
    const { name, spec } = node;
    return {
      runId: this.#id,
      node: name,
      component: spec.name,
      fingerprint: decision.fingerprint,
      inputs: bindings(inputs),
      reason: decision.kind === 'run' ? decision.reason : decision.kind === 'resolved' ? decision.found : undefined,
      startedAt: Date.now(),
      log: stepLogPath(this.#id, name),
    };
  }

  /** @returns false when the outputs are no longer there to be used */
  #useCached(node: GraphNode, inputs: ArtifactsByPort, decision: Extract<Decision, { kind: 'cached' }>): boolean {
    const { execution, outputs } = decision.from;
    const cached = { ...this.#execution(node, inputs, decision), log: execution.log };
    if (this.#metadata.recordCached(cached, decision.from, Date.now()) === undefined) return false;
    this.#finish(node, { kind: 'made', outputs: byPort(outputs), metrics: execution.metrics }, 'cached');
    const event = {
      type: 'step-cached',
      node: node.name,
      fromRun: execution.runId,
      savedMs: execution.timings?.executeMs ?? 0,
      metrics: execution.metrics,
      outputs: reported(byPort(outputs)),
    } as const;
    this.#settling?.add(event);
    this.#options.report(event);
    return true;
  }

  #useResolved(node: GraphNode, decision: Extract<Decision, { kind: 'resolved' }>): void {
    const { report } = this.#options;
    const { port, artifact, found } = decision;
    const outputs = { [port]: [artifact] };
    const execution = { ...this.#execution(node, {}, decision), log: undefined };
    this.#metadata.recordResolved(execution, [{ port, index: 0, artifactId: artifact.id }], Date.now());
    report({ type: 'step-started', node: node.name, component: node.spec.name, reason: found, attempt: 1 });
    if (this.#state.state(node.name) === 'ready') this.#state.apply(node.name, 'start');
    this.#finish(node, { kind: 'made', outputs, metrics: {} }, 'complete');
    const resources = {
      queuedMs: 0,
      cpuMs: undefined,
      peakMemoryBytes: undefined,
      bytesIn: 0,
      bytesOut: artifact.bytes,
    };
    const end = { durationMs: 0, metrics: {}, outputs: reported(outputs), resources, reusable: false };
    report({ type: 'step-completed', node: node.name, ...end });
  }

  #finish(node: GraphNode, end: Extract<NodeEnd, { kind: 'made' }>, how: 'cached' | 'complete'): void {
    this.#ends.set(node.name, end);
    const artifacts = Object.values(end.outputs).flat();
    this.#made.set(node.name, new Set(artifacts.map(({ digest }) => digest)));
    this.#state.apply(node.name, how);
  }

  #skip(node: string, component: string, reason: string): void {
    this.#metadata.recordSkipped({ runId: this.#id, node, component, reason, at: Date.now() });
    this.#ends.set(node, { kind: 'skipped' });
    this.#state.apply(node, 'skip');
    const event = { type: 'step-skipped', node, reason } as const;
    this.#settling?.add(event);
    this.#options.report(event);
  }

  async #runNode(node: GraphNode): Promise<void> {
    const { name } = node;
    // What it needs may have turned out damaged meanwhile: it comes again when that is made again.
    if (this.#closing() || this.#state.state(name) !== 'ready') return;
    this.#state.apply(name, 'start');
    try {
      const arrival = arrivalOf(node, this.#ends);
      if (arrival.kind === 'skipped') this.#skip(name, node.spec.name, arrival.reason);
      else if (arrival.kind === 'inputs') await this.#decide(node, arrival.inputs);
      else throw new Error(`${name} starts before ${arrival.on.join(', ')}`);
    } catch (error) {
      this.#fail(name, stepFailure(error), false, undefined);
    }
  }

  async #decide(node: GraphNode, inputs: ArtifactsByPort): Promise<void> {
    let decision = await this.#planner.decide(node, inputs);
    while (decision.kind === 'cached') {
      if (this.#useCached(node, inputs, decision)) return;
      decision = await this.#planner.decide(node, inputs);
    }
    for (const damaged of decision.damaged) await this.#putAside(node.name, damaged);
    if (decision.kind === 'resolved') this.#useResolved(node, decision);
    else if (decision.kind === 'skipped') this.#skip(node.name, node.spec.name, decision.reason);
    else if (await this.#fetch(node, inputs, decision)) return;
    else if (await this.#proveInputs(node, inputs)) await this.#execute(node, inputs, decision);
  }

  /** Whether another machine may stand for this node, or be told what it came to. */
  #isShared(node: GraphNode): boolean {
    const { cache, force, checkDeterminism: twice } = this.#options;
    return cache && node.cache && !twice && !force.has(node.name) && !node.spec.external;
  }

  /** Uses what another machine has made. */
  async #fetch(
    node: GraphNode,
    inputs: ArtifactsByPort,
    decision: Extract<Decision, { kind: 'run' }>,
  ): Promise<boolean> {
    const shared = this.#shared;
    if (shared === undefined || !this.#isShared(node)) return false;
    const fetched = await shared.fetch(node, decision.fingerprint.digest);
    if (fetched === undefined) return false;
    const { record, outputs } = fetched;
    const { pipeline, node: maker, run, host } = record.made;
    const reason = `from ${shared.address}: made by ${maker} in run ${String(run)} of ${pipeline} on ${host}`;
    const { timings, metrics, resources } = record;
    const artifacts = this.#metadata.transaction(() => {
      const id = this.#metadata.beginExecution({ ...this.#execution(node, inputs, decision), reason, log: undefined });
      return this.#metadata.completeExecution(id, {
        outputs,
        metrics,
        timings,
        resources: { cpuMs: resources.cpuMs, peakMemoryBytes: resources.peakMemoryBytes },
        attempts: 0,
        endedAt: Date.now(),
        reusable: true,
      });
    });
    await this.#keepCode(decision.fingerprint);
    for (const { digest } of outputs) this.#proved.add(digest);
    const made = madeByPort(outputs, artifacts);
    this.#finish(node, { kind: 'made', outputs: made, metrics }, 'cached');
    const event = {
      type: 'step-cached',
      node: node.name,
      fromRun: this.#id,
      savedMs: timings.executeMs,
      metrics,
      outputs: reported(made),
    } as const;
    this.#settling?.add(event);
    this.#options.report({ ...event, remote: shared.address });
    return true;
  }

  /** Tells other machines what a node has come to. */
  #share(node: GraphNode, fingerprint: Digest, outcome: StepOutcome, timings: Timings): void {
    if (this.#shared === undefined || !this.#isShared(node)) return;
    const { outputs, metrics, cost } = outcome;
    const { cpuMs, peakMemoryBytes } = cost.resources;
    this.#shared.share(node.name, {
      version: 1,
      fingerprint,
      outputs: outputs.map(({ port, index, type, digest, properties }) => ({ port, index, type, digest, properties })),
      metrics,
      timings,
      resources: {
        ...(cpuMs === undefined ? {} : { cpuMs }),
        ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
      },
      made: { pipeline: this.#options.graph.name, node: node.name, run: this.#id, host: currentProcess().host },
    });
  }

  /** Keeps the user code of a step. */
  async #keepCode(fingerprint: FingerprintRecord): Promise<void> {
    for (const [digest, text] of this.#planner.codeOf(fingerprint)) {
      await keepCode(this.#surroundings.root, digest, text);
    }
  }

  async #putAside(node: string, { port, digest, problems }: DamagedArtifact): Promise<void> {
    const { artifacts } = this.#surroundings;
    const quarantine = problems.includes('it is gone') ? undefined : await artifacts.quarantine(digest);
    this.#metadata.retireArtifact(digest);
    this.#options.report({ type: 'artifact-damaged', node, port, digest, problems, quarantine });
  }

  /** Hashes all that goes in. What is damaged is put aside, and made again by the node that it came from. */
  async #proveInputs(node: GraphNode, inputs: ArtifactsByPort): Promise<boolean> {
    for (const [port, artifacts] of Object.entries(inputs)) {
      for (const { digest } of artifacts) {
        if (this.#proved.has(digest)) continue;
        const soundness = await this.#surroundings.artifacts.verify(digest);
        if (soundness.state === 'sound') {
          this.#proved.add(digest);
          this.#metadata.saveWitness(digest, soundness.witness);
          continue;
        }
        const problems = soundness.state === 'missing' ? ['it is gone'] : soundness.problems;
        await this.#putAside(node.name, { port, digest, problems });
        const maker = node.inputs[port]?.find(
          (reference) => this.#made.get(reference.node)?.has(digest) === true,
        )?.node;
        if (maker === undefined) throw new Error(`nothing that ${node.name} needs made artifact ${digest}`);
        if (this.#state.redo(maker, node.name)) this.#ends.delete(maker);
        else this.#abandon(node.name, maker);
        return false;
      }
    }
    return true;
  }

  /** A node as it is executed. */
  #executed(node: GraphNode): GraphNode {
    const recorded = this.#options.recorded?.nodes.get(node.name)?.execution;
    return recorded !== undefined && 'node' in recorded ? recorded.node : node;
  }

  async #execute(
    node: GraphNode,
    inputs: ArtifactsByPort,
    decision: Extract<Decision, { kind: 'run' }>,
  ): Promise<void> {
    const { report } = this.#options;
    const { name } = node;
    const started = Date.now();
    const queuedMs = started - (this.#readyAt.get(name) ?? started);
    const bytesIn = byteSum(Object.values(inputs).flat());
    const execution = this.#execution(node, inputs, decision);
    const beginning = new Beginning(() => this.#metadata.beginExecution(execution));
    if (node.spec.runsIn === 'worker' || node.spec.ports === 'declared') beginning.record();
    else beginning.recordSoon();
    let made: readonly ProducedArtifact[] | undefined;
    try {
      await this.#keepCode(decision.fingerprint);
      const outcome = await runStep(
        this.#executed(node),
        inputs,
        decision.fingerprint.digest,
        decision.reason,
        this.#surroundings,
      );
      const reusable = node.cache && (await this.#stillHolds(node, inputs, decision));
      const timings = { queuedMs, executeMs: outcome.cost.executeMs, publishMs: outcome.cost.publishMs };
      const completion = {
        outputs: outcome.outputs,
        metrics: outcome.metrics,
        timings,
        resources: outcome.cost.resources,
        attempts: outcome.attempts,
        endedAt: Date.now(),
        reusable,
      };
      const records = beginning.end(this.#metadata, (id) => this.#metadata.completeExecution(id, completion));
      // Once more, now that it is on record: what only made artifacts that are gone may just have been removed. The step
      // is done, though it cannot be kept.
      await this.#keepCode(decision.fingerprint).catch(() => undefined);
      await dropCheckpoints(this.#surroundings.root, decision.fingerprint.digest);
      for (const { digest } of outcome.outputs) this.#proved.add(digest);
      const outputs = madeByPort(outcome.outputs, records);
      if (reusable) this.#share(node, decision.fingerprint.digest, outcome, timings);
      this.#finish(node, { kind: 'made', outputs, metrics: outcome.metrics }, 'complete');
      const { metrics } = outcome;
      const told = reported(outputs);
      if (reusable) {
        const savedMs = timings.executeMs;
        this.#settling?.add({ type: 'step-cached', node: name, fromRun: this.#id, savedMs, metrics, outputs: told });
      }
      report({
        type: 'step-completed',
        node: name,
        durationMs: Date.now() - started,
        metrics,
        outputs: told,
        resources: { queuedMs, ...outcome.cost.resources, bytesIn, bytesOut: byteSum(outcome.outputs) },
        reusable,
      });
      made = outcome.outputs;
    } catch (error) {
      const ended = error instanceof StepEnded ? error : new StepEnded(stepFailure(error), false, 1);
      const { cost } = ended;
      const breakdown = {
        state: ended.canceled ? 'CANCELED' : 'FAILED',
        failure: { code: ended.failure.code, message: ended.failure.message },
        timings: cost && { queuedMs, executeMs: cost.executeMs, publishMs: cost.publishMs },
        resources: cost?.resources,
        attempts: ended.attempts,
        endedAt: Date.now(),
      } as const;
      beginning.end(this.#metadata, (id) => {
        this.#metadata.failExecution(id, breakdown);
      });
      const { failure, canceled } = ended;
      this.#fail(name, failure, canceled, cost && { queuedMs, ...cost.resources, bytesIn, bytesOut: 0 });
    }
    if (made === undefined || !this.#options.checkDeterminism) return;
    const checked = await checkDeterminism(node, inputs, decision.fingerprint.digest, made, this.#surroundings);
    if (checked !== undefined) report(checked);
  }

  /** Whether all that went into a step is as it was; if not, its result stands for this run only. */
  async #stillHolds(
    node: GraphNode,
    inputs: ArtifactsByPort,
    decision: Extract<Decision, { kind: 'run' }>,
  ): Promise<boolean> {
    const changed = [...(await this.#planner.changedSince(node, inputs, decision.fingerprint))];
    for (const [port, artifacts] of Object.entries(inputs)) {
      for (const { digest } of artifacts) {
        const found = await this.#surroundings.artifacts.check(digest, this.#metadata.witness(digest));
        if (found.state === 'sound') continue;
        // Whoever takes it next hashes it again, and finds the damage.
        this.#proved.delete(digest);
        changed.push(`the input ${port}`);
      }
    }
    if (changed.length === 0) return true;
    const what = changed.join(', ');
    const message = `changed while the step ran: ${what}; its result is not kept for later runs`;
    this.#options.report({ type: 'step-log', node: node.name, level: 'warn', message });
    return false;
  }

  #fail(name: string, failure: StepFailure, canceled: boolean, resources: StepResources | undefined): void {
    const { report } = this.#options;
    if (canceled) report({ type: 'step-canceled', node: name });
    else {
      this.#failed ??= name;
      report({ type: 'step-failed', node: name, failure, resources, log: stepLogPath(this.#id, name) });
    }
    for (const abandoned of this.#state.apply(name, canceled ? 'cancel' : 'fail')) {
      report({ type: 'step-abandoned', node: abandoned, because: name });
    }
  }
}

/** Who holds the lock of a pipeline, as an error. */
function locked(pipeline: string, { pid, host }: ProcessIdentity, path: string): StoreError {
  return new StoreError(
    'locked',
    `another run of '${pipeline}' is going on: process ${String(pid)} on ${host}`,
    host === currentProcess().host
      ? 'wait until it has ended, or use another store with --root'
      : `wait until it has ended, or use another store with --root; if that machine has died, remove ${path}`,
  );
}

async function runLocked(
  options: RunOptions,
  metadata: MetadataStore,
  artifacts: ArtifactStore,
  root: StepSurroundings['root'],
): Promise<RunEnd> {
  const { graph, report, stop, kill } = options;
  const startedAt = Date.now();
  const { id } = metadata.beginRun({
    pipeline: graph.name,
    file: graph.file,
    params: graph.params,
    startedAt,
    owner: currentProcess(),
  });
  const nodes = graph.nodes.map(({ name }) => name);
  report({ type: 'run-started', run: id, pipeline: graph.name, nodes, jobs: options.jobs });
  const workers = new WorkerPool();
  const end = (): void => {
    void workers.close();
  };
  kill.addEventListener('abort', end, { once: true });
  let outcome: RunOutcome = 'failed';
  let run: Run | undefined;
  try {
    const surroundings: StepSurroundings = {
      secrets: graph.secrets,
      mask: maskFor(graph.secrets.values()),
      root,
      artifacts,
      workers,
      executors: executorLoader(),
      ownProcess: new OwnProcess(),
      baseDir: graph.baseDir,
      report,
      stop,
    };
    run = new Run(options, id, metadata, surroundings);
    outcome = await run.run();
  } finally {
    kill.removeEventListener('abort', end);
    const closed = workers.close();
    const state = outcome === 'complete' ? 'COMPLETE' : outcome === 'canceled' ? 'CANCELED' : 'FAILED';
    metadata.endRun(id, state, Date.now());
    await closed;
  }
  if (outcome === 'complete') await run.settle();
  return { type: 'run-ended', run: id, outcome, durationMs: Date.now() - startedAt };
}

/** Runs a pipeline while its store is open and its lock is held. */
async function runInStore(options: RunOptions): Promise<{ readonly end: RunEnd; readonly storeBytes: number }> {
  const { graph, report } = options;
  const root = await openRoot(options.root);
  try {
    await openStaging(root);
    const path = join(root.locks, `${graph.name}.lock`);
    const lock = await acquireLock(path, stagingPaths(root));
    if (!lock.taken) throw locked(graph.name, lock.heldBy, path);
    try {
      const metadata = openMetadataStore(root.metadata);
      try {
        metadata.registerTypes(artifactTypes.values());
        for (const { id, pipeline } of metadata.closeDeadRuns(isAlive, Date.now())) {
          report({ type: 'run-recovered', run: id, pipeline });
        }
        await sweepCheckpoints(root, (fingerprint) => metadata.findCompleted(fingerprint) !== undefined);
        await sweepStaging(root);
        const end = await runLocked(options, metadata, openLocalArtifactStore(root), root);
        return { end, storeBytes: metadata.standingBytes() };
      } finally {
        metadata.close();
      }
    } finally {
      await lock.release();
    }
  } finally {
    await closeStaging(root);
  }
}

/**
 * Runs a pipeline, and calls its hooks once the store is closed and the lock is released: they may start other runs.
 *
 * @throws StoreError when the store cannot be used, or another run of the pipeline is going on
 */
export async function runPipeline(options: RunOptions): Promise<EndedRun> {
  const { graph, root, stop } = options;
  for (const name of options.force) {
    if (!graph.nodes.some((node) => node.name === name))
      throw new StepError('unknown-node', `there is no node '${name}'`);
  }
  const summary = new RunSummaryBuilder(graph);
  const differing: string[] = [];
  const hasHooks = graph.onSuccess.length + graph.onFailure.length > 0;
  const report: ReportEvent = (event) => {
    if (hasHooks) summary.apply(event, Date.now());
    if (event.type === 'step-checked' && event.verdict === 'differs') differing.push(event.node);
    options.report(event);
  };
  const call = async (outcome: RunOutcome, durationMs: number): Promise<void> => {
    const hooks = outcome === 'complete' ? graph.onSuccess : outcome === 'failed' ? graph.onFailure : [];
    if (hooks.length === 0 || !summary.begun) return;
    const { baseDir, secrets } = graph;
    const surroundings = { baseDir, root, secrets, mask: maskFor(secrets.values()), report, stop };
    await callHooks(hooks, summary.build(outcome, durationMs), surroundings);
  };
  const startedAt = Date.now();
  const { end, storeBytes } = await runInStore({ ...options, report }).catch(async (error: unknown) => {
    // The store gave out in the middle of the run.
    await call('failed', Date.now() - startedAt);
    throw error;
  });
  await call(end.outcome, end.durationMs);
  report(end);
  return { run: end.run, outcome: end.outcome, differing, storeBytes };
}
