/**
 * Nodes that are not executed, since what they come to is there already: cached, found, fetched from another machine, or
 * nothing. Recorded and told.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from '../plan/arrival.js';
import { byPort, type Decision } from '../plan/planner.js';
import { newExecution } from './new-execution.js';
import type { RepeatedExecutions } from './repeated-executions.js';
import type { ReportEvent } from './run-event.js';
import type { RunProgress } from './run-progress.js';
import type { FetchedResult } from './shared-results.js';

/** A decision of one kind. */
export type Decided<Kind extends Decision['kind']> = Extract<Decision, { kind: Kind }>;

/** Those of one run. */
export class ReadyMade {
  readonly #run: number;
  readonly #metadata: MetadataStore;
  readonly #progress: RunProgress;
  readonly #report: ReportEvent;

  constructor(run: number, metadata: MetadataStore, progress: RunProgress, report: ReportEvent) {
    this.#run = run;
    this.#metadata = metadata;
    this.#progress = progress;
    this.#report = report;
  }

  /**
   * Uses what an earlier execution made.
   *
   * @param repeated - gathers what need not be recorded anew
   * @returns false when the outputs are no longer there to be used
   */
  cached(
    node: GraphNode,
    inputs: ArtifactsByPort,
    decision: Decided<'cached'>,
    repeated?: RepeatedExecutions,
  ): boolean {
    const { execution, outputs } = decision.from;
    const cached = { ...newExecution(this.#run, node, inputs, decision), log: execution.log };
    const isRecorded =
      repeated?.take(cached, execution.id) === true ||
      this.#metadata.recordCached(cached, decision.from, Date.now()) !== undefined;
    if (!isRecorded) return false;
    const made = { outputs: byPort(outputs), metrics: execution.metrics };
    const from = { fromRun: execution.runId, savedMs: execution.timings?.executeMs ?? 0 };
    this.#progress.cached(node.name, made, from);
    return true;
  }

  /** Uses an artifact that was found. */
  resolved(node: GraphNode, decision: Decided<'resolved'>): void {
    const { port, artifact, found } = decision;
    const { name } = node;
    const execution = { ...newExecution(this.#run, node, {}, decision), log: undefined };
    this.#metadata.recordResolved(execution, [{ port, index: 0, artifactId: artifact.id }], Date.now());
    this.#report({ type: 'step-started', node: name, component: node.spec.name, reason: found, attempt: 1 });
    if (this.#progress.state(name) === 'ready') this.#progress.start(name);
    const made = { outputs: { [port]: [artifact] }, metrics: {} };
    const resources = {
      queuedMs: 0,
      cpuMs: undefined,
      peakMemoryBytes: undefined,
      bytesIn: 0,
      bytesOut: artifact.bytes,
    };
    this.#progress.completed(name, made, { durationMs: 0, executeMs: 0, resources, reusable: false });
  }

  /** Does nothing, for a reason. */
  skipped({ name, spec }: GraphNode, reason: string): void {
    const skipped = { runId: this.#run, node: name, component: spec.name, reason, at: Date.now() };
    this.#metadata.recordSkipped(skipped);
    this.#progress.skipped(name, reason);
  }

  /** Uses what another machine has made, which stands in the store of this one now. */
  fetched(
    node: GraphNode,
    inputs: ArtifactsByPort,
    decision: Decided<'run'>,
    { record, outputs, address }: FetchedResult,
  ): void {
    const { pipeline, node: maker, run, host } = record.made;
    const reason = `from ${address}: made by ${maker} in run ${String(run)} of ${pipeline} on ${host}`;
    const { timings, metrics, resources } = record;
    const execution = { ...newExecution(this.#run, node, inputs, decision), reason, log: undefined };
    const recorded = this.#metadata.recordCompleted(execution, {
      outputs,
      metrics,
      timings,
      resources: { cpuMs: resources.cpuMs, peakMemoryBytes: resources.peakMemoryBytes },
      attempts: 0,
      endedAt: Date.now(),
      reusable: true,
    });
    const made = { outputs: byPort(recorded.made), metrics };
    this.#progress.cached(node.name, made, { fromRun: this.#run, savedMs: timings.executeMs }, address);
  }
}
