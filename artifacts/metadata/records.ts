/**
 * The nouns of the metadata store, as plain data: runs, executions, artifacts and the events that join them. Their names
 * are ML Metadata's.
 */
import type { Digest, StatWitness } from '../store/artifact-store.js';
import type { Properties } from '../types.js';

/** How a run ended, or that it has not. */
export type RunState = 'RUNNING' | 'COMPLETE' | 'FAILED' | 'CANCELED';

/** How an execution ended, or that it has not. SKIPPED: its condition did not hold, or something it needs was skipped. */
export type ExecutionState = 'RUNNING' | 'COMPLETE' | 'CACHED' | 'FAILED' | 'CANCELED' | 'SKIPPED';

/** Tells a live process from one that has died, across restarts of the machine and re-use of numbers. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, in the kernel's own count; '' where it is not known. */
  readonly started: string;
  /** Identity of the machine's boot. */
  readonly boot: string;
  readonly host: string;
}

/** One `pipeline run`. */
export interface RunRecord {
  /** Counts up within a store; what people type: `pipeline show 12`. */
  readonly id: number;
  readonly pipeline: string;
  /** Path of the pipeline file as it was given. */
  readonly file: string;
  /** Values of the pipeline's params. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly state: RunState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly owner: ProcessIdentity;
}

/** One artifact in the metadata store; several may share a digest. */
export interface ArtifactRecord {
  readonly id: number;
  readonly type: string;
  readonly digest: Digest;
  readonly properties: Properties;
  readonly bytes: number;
  readonly files: number;
  readonly createdAt: number;
  /** Only the record is left: the files were damaged, or garbage collection took them. */
  readonly gone: boolean;
}

/** An artifact that goes into, or comes out of, an execution: at which port, and where in a list. */
export interface Binding {
  readonly port: string;
  readonly index: number;
  readonly artifactId: number;
}

/** A new artifact that an execution made. */
export interface ProducedArtifact {
  readonly port: string;
  readonly index: number;
  readonly type: string;
  readonly digest: Digest;
  readonly properties: Properties;
  readonly bytes: number;
  readonly files: number;
  readonly witness: StatWitness;
}

/** Why an execution failed. */
export interface FailureRecord {
  readonly code: string;
  readonly message: string;
}

/** Durations of an execution in milliseconds. */
export interface Timings {
  readonly queuedMs: number;
  readonly executeMs: number;
  readonly publishMs: number;
}

/** What an execution used; undefined where that cannot be measured. Of several attempts, the last one's. */
export interface ResourceUse {
  /** Time on processors, in milliseconds. */
  readonly cpuMs: number | undefined;
  /** Most memory that was resident at a time. */
  readonly peakMemoryBytes: number | undefined;
}

/** One step of one run. */
export interface ExecutionRecord {
  readonly id: number;
  readonly runId: number;
  readonly pipeline: string;
  readonly node: string;
  readonly component: string;
  readonly state: ExecutionState;
  /** Digest of the fingerprint document; undefined while inputs are not known. */
  readonly fingerprint: Digest | undefined;
  /** For CACHED: the execution whose outputs are used. */
  readonly cachedFrom: number | undefined;
  /** Why no earlier execution stood for it, or why it was skipped, in a few words; undefined for CACHED. */
  readonly reason: string | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  readonly failure: FailureRecord | undefined;
  readonly timings: Timings | undefined;
  /** Undefined for what was not executed, or by an earlier release. */
  readonly resources: ResourceUse | undefined;
  readonly attempts: number;
  /** Path of the step's log, relative to the root; undefined when it wrote none. */
  readonly log: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}
