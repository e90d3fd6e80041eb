/**
 * A run while it goes on: what is cached is recorded at once, the rest is scheduled as soon as what it needs is there.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { Demand } from '../config/demand.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from '../plan/arrival.js';
import { planPipeline } from '../plan/plan-pipeline.js';
import { byPort, Planner, type DamagedArtifact } from '../plan/planner.js';
import { WaitingLine, type Started } from '../plan/waiting-line.js';
import { checkDeterminism } from './check-determinism.js';
import { newExecution } from './new-execution.js';
import { Publisher } from './publisher.js';
import { ReadyMade, type Decided } from './ready-made.js';
import { RepeatedExecutions } from './repeated-executions.js';
import type { RunOutcome, StepFailure, StepResources } from './run-event.js';
import type { RunOptions } from './run-options.js';
import { RunProgress } from './run-progress.js';
import type { StepOutcome, StepSurroundings } from './run-step.js';
import { Settling } from './settling.js';
import { SharedResults } from './shared-results.js';
import { keepCodeOf, StepExecution, type ExecutionEnd, type ExecutionSurroundings } from './step-execution.js';
import { stepFailure } from './step-failure.js';

const NOTHING: Demand = { cpu: 0, memory: 0, gpu: 0 };

/** A run while it goes on. */
export class Run {
  readonly #options: RunOptions;
  readonly #id: number;
  readonly #metadata: MetadataStore;
  readonly #surroundings: StepSurroundings;
  readonly #planner: Planner;
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #progress: RunProgress;
  readonly #readyMade: ReadyMade;
  readonly #line: WaitingLine<GraphNode>;
  /** What executions are made with. */
  readonly #parts: ExecutionSurroundings;
  /** What goes on: the turns of nodes, and what comes after those. */
  readonly #going = new Set<Promise<unknown>>();
  /** Nodes whose turn it is. */
  #turns = 0;
  /** Artifacts whose every byte was hashed in this run. */
  readonly #proved = new Set<Digest>();
  readonly #shared: SharedResults | undefined;
  readonly #readyAt = new Map<string, number>();
  readonly #settling: Settling | undefined;

  constructor(options: RunOptions, id: number, metadata: MetadataStore, surroundings: StepSurroundings) {
    const { graph } = options;
    this.#options = options;
    this.#id = id;
    this.#metadata = metadata;
    this.#surroundings = surroundings;
    const store = { artifacts: surroundings.artifacts, metadata };
    this.#planner = new Planner({ ...options, store });
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#line = new WaitingLine(options.budget, options.jobs);
    const publisher = new Publisher(surroundings.artifacts, metadata);
    this.#parts = { metadata, planner: this.#planner, publisher, step: surroundings };
    const { request, remote, report } = options;
    this.#settling = request && new Settling(options, request);
    this.#progress = new RunProgress(graph, id, report, this.#settling);
    this.#readyMade = new ReadyMade(id, metadata, this.#progress, report);
    this.#shared = remote && new SharedResults(remote, options, id, surroundings);
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
        if (this.#progress.state(node.name) !== 'ready' || ('damaged' in decision && decision.damaged.length > 0))
          continue;
        if (decision.kind === 'cached') this.#readyMade.cached(node, this.#progress.inputs(node), decision, repeated);
        else if (decision.kind === 'resolved') this.#readyMade.resolved(node, decision);
        else if (decision.kind === 'skipped') this.#readyMade.skipped(node, decision.reason);
      }
      this.#metadata.recordRepeated(this.#id, repeated.executions, repeated.fingerprints);
    });
    this.#schedule();
    while (this.#going.size > 0) await Promise.all(this.#going);
    await this.#shared?.settled();
    for (const { name } of graph.nodes) {
      const state = this.#progress.state(name);
      if (state !== 'ready' && state !== 'waiting') continue;
      const { failed } = this.#progress;
      if (stop.aborted || failed === undefined) this.#progress.cancel(name);
      else this.#progress.abandon(name, failed);
    }
    return stop.aborted ? 'canceled' : this.#progress.failed === undefined ? 'complete' : 'failed';
  }

  /** Keeps what the run stood on, once it is complete. */
  async settle(): Promise<void> {
    await this.#settling?.keep(this.#id, this.#planner, this.#metadata, this.#surroundings.root);
  }

  /** Nothing new starts any more. */
  #closing(): boolean {
    return this.#options.stop.aborted || (this.#options.failFast && this.#progress.failed !== undefined);
  }

  #schedule(): void {
    if (!this.#closing()) {
      for (const name of this.#progress.takeReady()) {
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

  async #runNode(node: GraphNode): Promise<void> {
    const { name } = node;
    // What it needs may have turned out damaged meanwhile: it comes again when that is made again.
    if (this.#closing() || this.#progress.state(name) !== 'ready') return;
    this.#progress.start(name);
    try {
      const arrival = this.#progress.arrival(node);
      if (arrival.kind === 'skipped') this.#readyMade.skipped(node, arrival.reason);
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
      if (this.#readyMade.cached(node, inputs, decision)) return;
      decision = await this.#planner.decide(node, inputs);
    }
    for (const damaged of decision.damaged) await this.#putAside(node.name, damaged);
    if (decision.kind === 'resolved') this.#readyMade.resolved(node, decision);
    else if (decision.kind === 'skipped') this.#readyMade.skipped(node, decision.reason);
    else if (await this.#fetch(node, inputs, decision)) return;
    else if (this.#options.stop.aborted) this.#progress.cancel(node.name);
    else if (await this.#proveInputs(node, inputs)) await this.#execute(node, inputs, decision);
  }

  /** Uses what another machine has made. */
  async #fetch(node: GraphNode, inputs: ArtifactsByPort, decision: Decided<'run'>): Promise<boolean> {
    const fetched = await this.#shared?.fetch(node, decision.fingerprint.digest);
    if (fetched === undefined) return false;
    await keepCodeOf(decision.fingerprint, this.#planner, this.#surroundings.root);
    for (const { digest } of fetched.outputs) this.#proved.add(digest);
    this.#readyMade.fetched(node, inputs, decision, fetched);
    // Once more, now that it is on record: see StepExecution.publish.
    await keepCodeOf(decision.fingerprint, this.#planner, this.#surroundings.root).catch(() => undefined);
    return true;
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
        this.#progress.remake(node, port, digest);
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

  async #execute(node: GraphNode, inputs: ArtifactsByPort, decision: Decided<'run'>): Promise<void> {
    const begun = newExecution(this.#id, node, inputs, decision);
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
      if (reusable) this.#shared?.share(node, fingerprint, end);
      const how = { durationMs, executeMs: timings.executeMs, resources, reusable };
      this.#progress.completed(name, { outputs: byPort(made), metrics }, how);
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
    if (canceled) this.#progress.cancel(name);
    else this.#progress.fail(name, failure, resources);
  }
}
