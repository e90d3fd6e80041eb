/**
 * The contract of the metadata store: what is written while a pipeline runs, and what the commands that look back ask.
 * Calls are synchronous and cheap; writes that belong together go into one {@link MetadataStore.transaction}.
 */
import type { ArtifactType } from '../types.js';
import type { Digest, StatWitness } from '../store/artifact-store.js';
import type {
  ArtifactRecord,
  Binding,
  ExecutionRecord,
  ExecutionState,
  FailureRecord,
  ProcessIdentity,
  ProducedArtifact,
  ResourceUse,
  RunRecord,
  RunState,
  Timings,
} from './records.js';

/** What is known when a run begins. */
export type NewRun = Pick<RunRecord, 'pipeline' | 'file' | 'params' | 'startedAt' | 'owner'>;

/** What a run repeats. */
export interface Repeat {
  /** The run that has the executions. */
  readonly of: number;
  /** How many. */
  readonly nodes: number;
  readonly endedAt: number;
}

/** A run that repeats another, as it is told. */
export interface NumberedRepeat {
  readonly run: number;
  /** Bytes of all artifacts that stand in the store, each counted once. */
  readonly standingBytes: number;
}

/** A fingerprint as it is kept: the hashed document and, beside it, where each ingredient came from. */
export interface FingerprintRecord {
  readonly digest: Digest;
  /** Canonical JSON whose SHA-256 is `digest`. */
  readonly document: string;
  /** JSON: place in the pipeline file of each ingredient; not part of the digest. */
  readonly sources: string;
}

/** What is known when an execution begins. */
export interface NewExecution {
  readonly runId: number;
  readonly node: string;
  readonly component: string;
  readonly fingerprint: FingerprintRecord;
  readonly inputs: readonly Binding[];
  readonly startedAt: number;
  readonly log: string | undefined;
  /** Why no earlier execution stood for it, in a few words. */
  readonly reason?: string | undefined;
}

/** What is known when an execution has finished well. */
export interface Completion {
  readonly outputs: readonly ProducedArtifact[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly timings: Timings;
  readonly resources: ResourceUse;
  readonly attempts: number;
  readonly endedAt: number;
  /** A later run may use these outputs. False for steps that asked not to be cached. */
  readonly reusable: boolean;
}

/** What is known when an execution has not finished well. */
export interface Breakdown {
  readonly state: 'FAILED' | 'CANCELED';
  readonly failure: FailureRecord;
  /** Undefined when it had not begun to execute. */
  readonly timings: Timings | undefined;
  readonly resources: ResourceUse | undefined;
  readonly attempts: number;
  readonly endedAt: number;
}

/** An execution with the artifacts that went in and came out. */
export interface ExecutionWithArtifacts {
  readonly execution: ExecutionRecord;
  readonly inputs: readonly BoundArtifact[];
  readonly outputs: readonly BoundArtifact[];
}

/** A COMPLETE execution whose outputs may be used again. */
export interface ReusableExecution {
  readonly execution: Pick<ExecutionRecord, 'id' | 'runId' | 'metrics' | 'timings' | 'log'>;
  readonly outputs: readonly BoundArtifact[];
}

/** What is known of many executions that may be used again. */
export interface ReusableExecutions {
  /** By fingerprint. */
  readonly executions: ReadonlyMap<Digest, ReusableExecution>;
  /** Of their outputs, by digest. */
  readonly witnesses: ReadonlyMap<Digest, StatWitness>;
}

/** What a run has on record of a node, for the next run to have in common with it. */
export interface StandingExecution {
  readonly id: number;
  readonly component: string;
  readonly fingerprint: Digest;
  /** What is kept beside the fingerprint: see {@link FingerprintRecord.sources}. */
  readonly sources: string;
  /** The execution whose outputs it has; they may be used. */
  readonly origin: number;
  readonly inputs: readonly Binding[];
}

/** An artifact at a port of an execution. */
export interface BoundArtifact {
  readonly port: string;
  readonly index: number;
  readonly artifact: ArtifactRecord;
}

/** One edge of the lineage: an artifact went into, or came out of, an execution. */
export interface LineageEvent {
  readonly direction: 'input' | 'output';
  readonly artifactId: number;
  readonly executionId: number;
  /** The execution that really ran: that which a cached one stands for, else itself. */
  readonly origin: number;
  readonly port: string;
  readonly index: number;
}

/** Which runs, executions or artifacts are wanted; newest first. */
export interface Query {
  readonly pipeline?: string | undefined;
  readonly limit?: number | undefined;
}

/** Which runs are wanted; newest first. */
export interface RunQuery extends Query {
  readonly state?: RunState | undefined;
  /** Runs that are passed over; it needs a limit. */
  readonly offset?: number | undefined;
}

/** The metrics of one node in one run. */
export interface NodeMetrics {
  readonly runId: number;
  readonly node: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What makes an artifact usable: which executions may stand for a step by it, and its witness. */
export interface Standing {
  readonly executions: readonly number[];
  readonly witness: StatWitness | undefined;
}

/** All records of one digest together, under the name of the newest execution that made it. */
export interface RecordedDigest {
  readonly digest: Digest;
  readonly type: string;
  readonly bytes: number;
  readonly node: string;
  readonly port: string;
}

/** A run in which an artifact stood at a port. */
export interface DigestUse {
  readonly runId: number;
  readonly digest: Digest;
}

/** Keeps runs, executions, artifacts and events. */
export interface MetadataStore {
  /** Runs `work` so that all its writes are kept, or, when it throws, none. Nested calls join the outer one. */
  transaction<T>(work: () => T): T;

  beginRun(run: NewRun): RunRecord;
  /**
   * Records a run that is complete at once: all its executions are those of an earlier run, whose outputs stand for it.
   * The next ones can then be noted without opening the metadata; see repeat-log.ts.
   *
   * @returns undefined, recording nothing, when a run that looked for executions would not find just these, and when
   * another run goes on
   */
  recordRepeat(run: NewRun, repeat: Repeat): NumberedRepeat | undefined;
  endRun(runId: number, state: Exclude<RunState, 'RUNNING'>, endedAt: number): void;
  /** Closes runs and executions that say RUNNING though their process has died: as FAILED. Returns the runs closed. */
  closeDeadRuns(isAlive: (owner: ProcessIdentity) => boolean, now: number): readonly RunRecord[];

  /** Registers types so that artifacts of them can be recorded. Idempotent. */
  registerTypes(types: Iterable<ArtifactType>): void;

  /** Records an execution as RUNNING, with its input events. */
  beginExecution(execution: NewExecution): number;
  /** Records an execution as COMPLETE with its new artifacts; returns them in the order given. */
  completeExecution(executionId: number, completion: Completion): readonly BoundArtifact[];
  /** Does both at once, for an execution that is over before it is on record. */
  recordCompleted(
    execution: NewExecution,
    completion: Completion,
  ): { readonly id: number; readonly made: readonly BoundArtifact[] };
  /** Records an execution as COMPLETE whose outputs are artifacts that were there already. Returns its id. */
  recordResolved(execution: NewExecution, outputs: readonly Binding[], endedAt: number): number;
  /** Records that a node was not executed, and why. Returns its id. */
  recordSkipped(skipped: {
    readonly runId: number;
    readonly node: string;
    readonly component: string;
    readonly reason: string;
    readonly at: number;
  }): number;
  /** Records that a node failed before it was executed. Returns its id. */
  recordFailed(failed: {
    readonly runId: number;
    readonly node: string;
    readonly component: string;
    readonly failure: Breakdown['failure'];
    readonly at: number;
  }): number;
  /**
   * Records an execution as CACHED: it has the outputs of an earlier one. Returns its id; or undefined, recording nothing,
   * when that execution's outputs may no longer be used.
   */
  recordCached(execution: NewExecution, from: ReusableExecution, endedAt: number): number | undefined;
  /**
   * Records executions of an earlier run as this run's too: their outputs stand for it. One row in place of some twenty, for
   * those of {@link standingOf} that say the same as {@link recordCached} would.
   *
   * @param fingerprints - of these executions, where what is kept beside them has changed
   */
  recordRepeated(runId: number, executions: readonly number[], fingerprints: readonly FingerprintRecord[]): void;
  failExecution(executionId: number, end: Breakdown): void;

  /** The newest COMPLETE, reusable execution with this fingerprint. */
  findCompleted(fingerprint: Digest): ExecutionWithArtifacts | undefined;
  /** What `findCompleted` and `witness` answer for all steps of a pipeline's latest run, in a few queries. */
  completedOf(pipeline: string): ReusableExecutions;
  /** The executions of a pipeline's latest run whose outputs may be used again, by node. */
  standingOf(pipeline: string): ReadonlyMap<string, StandingExecution>;
  /** Forbids reuse of executions that made this artifact, because it is damaged or gone. Marks the artifacts DELETED. */
  retireArtifact(digest: Digest): void;
  /** What {@link retireArtifact} would forget of an artifact. */
  standing(digest: Digest): Standing;
  /** Takes a retirement back. */
  reviveArtifact(digest: Digest, standing: Standing): void;
  witness(digest: Digest): StatWitness | undefined;
  /** Those of many artifacts, in one query; of some there may be none. */
  witnesses(digests: readonly Digest[]): ReadonlyMap<Digest, StatWitness>;
  /** Bytes of all artifacts that stand in the store, each counted once. */
  standingBytes(): number;
  saveWitness(digest: Digest, witness: StatWitness): void;

  run(runId: number): RunRecord | undefined;
  runs(query: RunQuery): readonly RunRecord[];
  /** Repeats that are on no record yet, since the metadata cannot be written now; see repeat-log.ts. */
  waitingRepeats(): number;
  countRuns(query: Pick<RunQuery, 'pipeline' | 'state'>): number;
  /** Metrics of all nodes that have any, of the runs from `first` to `last`, in the order in which they were executed. */
  metricsOf(query: { pipeline?: string | undefined; first: number; last: number }): readonly NodeMetrics[];
  /** Those of earlier runs among them that it repeats: see {@link recordRepeated}. */
  executionsOf(runId: number): readonly ExecutionWithArtifacts[];
  /** How many executions of a run are in each state. */
  executionCounts(runId: number): Readonly<Record<ExecutionState, number>>;
  execution(executionId: number): ExecutionWithArtifacts | undefined;
  /** Executions of a component as this node, newest first; `before`: only those with a smaller id. */
  executionsOfNode(query: {
    pipeline: string;
    node: string;
    component: string;
    before?: number;
    limit: number;
  }): readonly ExecutionRecord[];
  /** What the newest executions of a node took that completed, newest first. */
  recentTimings(query: { pipeline: string; node: string; component: string; limit: number }): readonly Timings[];
  /** Executions of a component, newest first; `before`: only those with a smaller id. */
  executionsOfComponent(query: { component: string; before?: number; limit: number }): readonly ExecutionRecord[];
  fingerprint(digest: Digest): FingerprintRecord | undefined;
  artifact(id: number): ArtifactRecord | undefined;
  /** Artifacts whose digest begins with this text, newest first. */
  artifactsByDigest(prefix: string): readonly ArtifactRecord[];
  artifacts(query: Query & { type?: string }): readonly ArtifactRecord[];
  /** Every digest that an execution made. */
  recordedDigests(): readonly RecordedDigest[];
  /** Which runs used which artifacts, each pair once. */
  digestUses(): readonly DigestUse[];
  /** Documents of the fingerprints of executions that go on, or have made something that stands in the store. */
  standingDocuments(): readonly string[];
  /** Blessings, pushed models, all that they were made from, and what was made beside it. */
  shippedDigests(): ReadonlySet<Digest>;
  /** Events of an artifact or an execution; for the walk in lineage.ts. */
  eventsOfArtifact(artifactId: number): readonly LineageEvent[];
  eventsOfExecution(executionId: number): readonly LineageEvent[];

  close(): void;
}
