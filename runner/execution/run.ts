/**
 * A run while it goes on: what is cached is recorded at once, the rest is scheduled as soon as what it needs is there.
 */
import type { MetadataStore, NewExecution } from '../../artifacts/metadata/metadata-store.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { Demand } from '../config/demand.js';
import { needsOf, type GraphNode } from '../graph/pipeline-graph.js';
import { arrivalOf, type ArtifactsByPort, type NodeEnd } from '../plan/arrival.js';
import { planPipeline } from '../plan/plan-pipeline.js';
import { byPort, Planner, type DamagedArtifact, type Decision } from '../plan/planner.js';
import { WaitingLine, type Started } from '../plan/waiting-line.js';
import { checkDeterminism } from './check-determinism.js';
import { Publisher } from './publisher.js';
import type { RunOutcome, StepFailure, StepResources } from './run-event.js';
import { RepeatedExecutions } from './repeated-executions.js';
import { RunState } from './run-state.js';
import { Settling } from './settling.js';
import type { StepOutcome, StepSurroundings } from './run-step.js';
import { SharedResults } from './shared-results.js';
import { keepCodeOf, StepExecution, type ExecutionEnd, type ExecutionSurroundings } from './step-execution.js';
import { stepFailure } from './step-failure.js';
import { stepLogPath } from '../../artifacts/store/step-log.js';
import type { RunOptions } from './run-options.js';
import { bindings, reported } from './step-artifacts.js';

type RunDecision = Extract<Decision, { kind: 'run' }>;

const NOTHING: Demand = { cpu: 0, memory: 0, gpu: 0 };

/** A run while it goes on. */
export class Run {
  readonly #options: RunOptions;
  readonly #id: number;
  readonly #metadata: MetadataStore;
  readonly #surroundings: StepSurroundings;
  readonly #planner: Planner;
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #state: RunState;
  readonly #line: WaitingLine<GraphNode>;
  /** What executions are made with. */
  readonly #parts: ExecutionSurroundings;
  /** What goes on: the turns of nodes, and what comes after those. */
  readonly #going = new Set<Promise<unknown>>();
  /** Nodes whose turn it is. */
  #turns = 0;
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
    const publisher = new Publisher(surroundings.artifacts, metadata);
    this.#parts = { metadata, planner: this.#planner, publisher, step: surroundings };
    const warn = (name: string, message: string): void => {
      options.report({ type: 'step-log', node: name, level: 'warn', message });
    };
    const { request } = options;
    this.#settling = request && new Settling(options, request);
    const { artifacts, ownProcess, stop } = surroundings;
    this.#shared = options.remote && new SharedResults(options.remote, artifacts, ownProcess, warn, stop);
  }

  async run(): Promise<RunOutcome> {
    const { graph, stop } = this.#options;
    const store = { artifacts: this.#surroundings.artifacts, metadata: this.#metadata };
    const plan = await planPipeline({ ...this.#options, graph, store }, this.#planner);
    this.#metadata.transaction(() => {
      const repeated = new RepeatedExecutions(this.#metadata.standingOf(graph.name));
      for (const { node, plan: decision } of plan) {
        // What garbage collection has taken since is decided anew when the node's turn comes.
        // What is damaged is put aside first, when the node's turn comes; what needs it waits.
        if (this.#state.state(node.name) !== 'ready' || ('damaged' in decision && decision.damaged.length > 0))
          continue;
        if (decision.kind === 'cached') this.#useCached(node, this.#inputs(node), decision, repeated);
        else if (decision.kind === 'resolved') this.#useResolved(node, decision);
        else if (decision.kind === 'skipped') this.#skip(node.name, node.spec.name, decision.reason);
      }
      this.#metadata.recordRepeated(this.#id, repeated.executions, repeated.fingerprints);
    });
    this.#schedule();
    while (this.#going.size > 0) await Promise.all(this.#going);
    await this.#shared?.settled();
    for (const { name } of graph.nodes) {
      const state = this.#state.state(name);
      if (state !== 'ready' && state !== 'waiting') continue;
      if (stop.aborted || this.#failed === undefined) this.#cancel(name);
      else this.#abandon(name, this.#failed);
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
    if (!this.#closing()) {
      for (const name of this.#state.takeReady()) {
        const node = this.#nodes.get(name);
        if (node === undefined) continue;
        this.#readyAt.set(name, Date.now());
        // What is not executed takes nothing.
        this.#line.add(node, this.#options.fromCache.has(name) ? NOTHING : node.demand);
      }
      for (let started = this.#line.next(); started !== undefined; started = this.#line.next()) {
        this.#follow(this.#takeTurn(started));
      }
    }
    // Where there is room for more, somebody may wait for what is not on record yet.
    if (this.#turns < this.#options.jobs) this.#parts.publisher.flush();
  }

  async #takeTurn(turn: Started<GraphNode>): Promise<void> {
    this.#turns++;
    await this.#surroundings.ownProcess.during(() => this.#runNode(turn.item));
    this.#turns--;
    this.#line.release(turn);
    this.#schedule();
  }

  /** Lets the run go on until this has ended. */
  #follow(work: Promise<unknown>): void {
    const followed = work.finally(() => this.#going.delete(followed));
    this.#going.add(followed);
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

  /**
   * @param repeated - gathers what need not be recorded anew
   * @returns false when the outputs are no longer there to be used
   */
  #useCached(
    node: GraphNode,
    inputs: ArtifactsByPort,
    decision: Extract<Decision, { kind: 'cached' }>,
    repeated?: RepeatedExecutions,
  ): boolean {
    const { execution, outputs } = decision.from;
    const cached = { ...this.#execution(node, inputs, decision), log: execution.log };
    const isRecorded =
      repeated?.take(cached, execution.id) === true ||
      this.#metadata.recordCached(cached, decision.from, Date.now()) !== undefined;
    if (!isRecorded) return false;
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
      const failure = stepFailure(error);
      this.#recordFailed(node, failure);
      this.#fail(name, failure, false, undefined);
    }
  }

  /** Records that a node failed before it was executed. */
  #recordFailed({ name, spec }: GraphNode, { code, message }: StepFailure): void {
    const failed = { runId: this.#id, node: name, component: spec.name, failure: { code, message }, at: Date.now() };
    try {
      this.#metadata.recordFailed(failed);
    } catch {
      // It may be the store that failed; it is told all the same.
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
    else if (this.#options.stop.aborted) this.#cancel(node.name);
    else if (await this.#proveInputs(node, inputs)) await this.#execute(node, inputs, decision);
  }

  /** Whether another machine may stand for this node, or be told what it came to. */
  #isShared(node: GraphNode): boolean {
    const { cache, force, checkDeterminism: twice } = this.#options;
    return cache && node.cache && !twice && !force.has(node.name) && !node.spec.external;
  }

  /** Uses what another machine has made. */
  async #fetch(node: GraphNode, inputs: ArtifactsByPort, decision: RunDecision): Promise<boolean> {
    const shared = this.#shared;
    if (shared === undefined || !this.#isShared(node)) return false;
    const fetched = await shared.fetch(node, decision.fingerprint.digest);
    if (fetched === undefined) return false;
    const { record, outputs } = fetched;
    const { pipeline, node: maker, run, host } = record.made;
    const reason = `from ${shared.address}: made by ${maker} in run ${String(run)} of ${pipeline} on ${host}`;
    const { timings, metrics, resources } = record;
    const execution = { ...this.#execution(node, inputs, decision), reason, log: undefined };
    const recorded = this.#metadata.recordCompleted(execution, {
      outputs,
      metrics,
      timings,
      resources: { cpuMs: resources.cpuMs, peakMemoryBytes: resources.peakMemoryBytes },
      attempts: 0,
      endedAt: Date.now(),
      reusable: true,
    });
    await keepCodeOf(decision.fingerprint, this.#planner, this.#surroundings.root);
    for (const { digest } of outputs) this.#proved.add(digest);
    const made = byPort(recorded.made);
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
  #share(node: GraphNode, fingerprint: Digest, { made, metrics, timings, resources }: ExecutionEnd): void {
    if (this.#shared === undefined || !this.#isShared(node)) return;
    const { cpuMs, peakMemoryBytes } = resources;
    this.#shared.share(node.name, {
      version: 1,
      fingerprint,
      outputs: made.map(({ port, index, artifact: { type, digest, properties } }) => ({
        port,
        index,
        type,
        digest,
        properties,
      })),
      metrics,
      timings,
      resources: {
        ...(cpuMs === undefined ? {} : { cpuMs }),
        ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
      },
      made: { pipeline: this.#options.graph.name, node: node.name, run: this.#id, host: currentProcess().host },
    });
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

  async #execute(node: GraphNode, inputs: ArtifactsByPort, decision: RunDecision): Promise<void> {
    const begun = this.#execution(node, inputs, decision);
    const readyAt = this.#readyAt.get(node.name) ?? begun.startedAt;
    const execution = new StepExecution(this.#parts, inputs, begun, readyAt);
    let outcome: StepOutcome;
    let reusable: boolean;
    try {
      outcome = await execution.execute(this.#executed(node));
    } catch (error) {
      this.#breakOff(node.name, execution, error);
      return;
    }
    try {
      reusable = node.cache && (await this.#stillHolds(node, execution));
    } catch (error) {
      // What it made is not wanted any more.
      for (const { artifact } of outcome.outputs) await artifact.discard().catch(() => undefined);
      this.#breakOff(node.name, execution, error);
      return;
    }
    const concluded = this.#conclude(node, execution, execution.publish(outcome, reusable), begun.fingerprint.digest);
    if (!this.#options.checkDeterminism) {
      // Its place is free for others now; those who need what it made start when that is on record.
      this.#follow(
        concluded.then(() => {
          this.#schedule();
        }),
      );
      return;
    }
    this.#parts.publisher.flush();
    if (!(await concluded)) return;
    const { digest } = decision.fingerprint;
    const checked = await checkDeterminism(node, inputs, digest, outcome.outputs, this.#surroundings);
    if (checked !== undefined) this.#options.report(checked);
  }

  /** Tells what a step has come to, when it is on record. @returns whether it is */
  async #conclude(
    node: GraphNode,
    execution: StepExecution,
    published: Promise<ExecutionEnd>,
    fingerprint: Digest,
  ): Promise<boolean> {
    const { name } = node;
    try {
      const end = await published;
      const { made, metrics, timings, reusable, durationMs, resources } = end;
      for (const { artifact } of made) this.#proved.add(artifact.digest);
      if (reusable) this.#share(node, fingerprint, end);
      const outputs = byPort(made);
      this.#finish(node, { kind: 'made', outputs, metrics }, 'complete');
      const told = { metrics, outputs: reported(outputs) };
      if (reusable) {
        const from = { fromRun: this.#id, savedMs: timings.executeMs };
        this.#settling?.add({ type: 'step-cached', node: name, ...from, ...told });
      }
      this.#options.report({ type: 'step-completed', node: name, durationMs, ...told, resources, reusable });
      return true;
    } catch (error) {
      this.#breakOff(name, execution, error);
      return false;
    }
  }

  /** Puts on record that a step has failed or was stopped, and tells. */
  #breakOff(name: string, execution: StepExecution, error: unknown): void {
    let end: ReturnType<StepExecution['fail']>;
    try {
      end = execution.fail(error);
    } catch (unrecorded) {
      end = { failure: stepFailure(unrecorded), canceled: false, resources: undefined };
    }
    this.#fail(name, end.failure, end.canceled, end.resources);
  }

  /** Whether all that went into a step is as it was; if not, its result stands for this run only. */
  async #stillHolds(node: GraphNode, execution: StepExecution): Promise<boolean> {
    const changed = await execution.changed(node);
    if (changed.length === 0) return true;
    // Whoever takes such an input next hashes it again, and finds the damage.
    for (const { input } of changed) if (input !== undefined) this.#proved.delete(input);
    const what = changed.map((each) => each.what).join(', ');
    const message = `changed while the step ran: ${what}; its result is not kept for later runs`;
    this.#options.report({ type: 'step-log', node: node.name, level: 'warn', message });
    return false;
  }

  #fail(name: string, failure: StepFailure, canceled: boolean, resources: StepResources | undefined): void {
    if (canceled) {
      this.#cancel(name);
      return;
    }
    const { report } = this.#options;
    this.#failed ??= name;
    report({ type: 'step-failed', node: name, failure, resources, log: stepLogPath(this.#id, name) });
    for (const node of this.#state.apply(name, 'fail')) report({ type: 'step-abandoned', node, because: name });
  }

  #cancel(name: string): void {
    const { report } = this.#options;
    report({ type: 'step-canceled', node: name });
    for (const node of this.#state.apply(name, 'cancel')) report({ type: 'step-abandoned', node, because: name });
  }
}
