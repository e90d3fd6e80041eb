/**
 * From rows to records.
 */
import { canonicalJson } from '../canonical-json.js';
import type { StatWitness } from '../store/artifact-store.js';
import type { Properties } from '../types.js';
import type { Row } from './database.js';
import type { Breakdown, NodeMetrics } from './metadata-store.js';
import type {
  ArtifactRecord,
  ExecutionRecord,
  ExecutionState,
  FailureRecord,
  ProcessIdentity,
  ResourceUse,
  RunRecord,
  RunState,
  Timings,
} from './records.js';
import { EXECUTION_STATE, NO_FINGERPRINT } from './schema.js';

/** A column that must hold text. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`column ${column} holds ${String(value)} instead of text`);
  return value;
}

/** A column that must hold a number. */
export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new Error(`column ${column} holds ${String(value)} instead of a number`);
  return value;
}

function optional<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | undefined {
  return row[column] === null || row[column] === undefined ? undefined : read(row, column);
}

/** JSON that this program wrote into a column. */
function json(row: Row, column: string): unknown {
  return JSON.parse(text(row, column));
}

const STATES = new Map<number, ExecutionState>(
  (Object.keys(EXECUTION_STATE) as ExecutionState[]).map((name) => [EXECUTION_STATE[name], name]),
);

/** A row of RUN_COLUMNS. */
export function runRecord(row: Row): RunRecord {
  return {
    id: number(row, 'id'),
    pipeline: text(row, 'pipeline'),
    file: text(row, 'file'),
    params: json(row, 'params') as Record<string, unknown>,
    state: text(row, 'state') as RunState,
    startedAt: number(row, 'started_at'),
    endedAt: optional(row, 'ended_at', number),
    owner: json(row, 'owner') as ProcessIdentity,
  };
}

/** What an execution took and used, as the column `timings` holds it. */
export function costJson({ timings, resources }: Pick<Breakdown, 'timings' | 'resources'>): string | null {
  if (timings === undefined) return null;
  if (resources === undefined) return canonicalJson(timings);
  const { cpuMs = null, peakMemoryBytes = null } = resources;
  return canonicalJson({ ...timings, cpuMs, peakMemoryBytes });
}

/** What an execution took. */
export function timingsOf(row: Row): Timings {
  const { queuedMs, executeMs, publishMs } = json(row, 'timings') as Timings;
  return { queuedMs, executeMs, publishMs };
}

function resourcesOf(row: Row): ResourceUse | undefined {
  const { cpuMs, peakMemoryBytes } = json(row, 'timings') as Readonly<Record<string, number | null | undefined>>;
  // Stores of earlier releases have neither.
  if (cpuMs === undefined || peakMemoryBytes === undefined) return undefined;
  return { cpuMs: cpuMs ?? undefined, peakMemoryBytes: peakMemoryBytes ?? undefined };
}

/** A row of {@link EXECUTION_SELECT}. */
export function executionRecord(row: Row): ExecutionRecord {
  const fingerprint = text(row, 'fingerprint');
  const state = STATES.get(number(row, 'last_known_state')) ?? 'FAILED';
  const skipped = state === 'CANCELED' && fingerprint === NO_FINGERPRINT;
  return {
    id: number(row, 'execution_id'),
    runId: number(row, 'run_id'),
    pipeline: text(row, 'pipeline'),
    node: text(row, 'node'),
    component: text(row, 'component'),
    state: skipped ? 'SKIPPED' : state,
    fingerprint: fingerprint === NO_FINGERPRINT ? undefined : fingerprint,
    cachedFrom: optional(row, 'cached_from', number),
    reason: optional(row, 'reason', text),
    metrics: json(row, 'metrics') as Record<string, number>,
    failure: optional(row, 'failure', json) as FailureRecord | undefined,
    timings: optional(row, 'timings', timingsOf),
    resources: optional(row, 'timings', resourcesOf),
    attempts: number(row, 'attempts'),
    log: optional(row, 'log', text),
    startedAt: number(row, 'started_at'),
    endedAt: optional(row, 'ended_at', number),
  };
}

/** A row of {@link ARTIFACT_SELECT}. */
export function artifactRecord(row: Row): ArtifactRecord {
  return {
    id: number(row, 'artifact_id'),
    type: text(row, 'type'),
    digest: text(row, 'digest'),
    properties: json(row, 'properties') as Properties,
    bytes: number(row, 'bytes'),
    files: number(row, 'files'),
    createdAt: number(row, 'create_time_since_epoch'),
    gone: number(row, 'stands') === 0,
  };
}

/** A row of an execution's run, node and metrics. */
export function nodeMetrics(row: Row): NodeMetrics {
  return {
    runId: number(row, 'run_id'),
    node: text(row, 'node'),
    metrics: json(row, 'metrics') as Record<string, number>,
  };
}

/** A witness as it is kept. */
export function witnessOf(row: Row): StatWitness {
  return json(row, 'witness') as StatWitness;
}

/** Executions with what {@link executionRecord} needs. */
export const EXECUTION_SELECT =
  'SELECT p.*, e.last_known_state, r.pipeline FROM pipeline_execution p JOIN Execution e ON e.id = p.execution_id JOIN pipeline_run r ON r.id = p.run_id';

/** Artifacts with what {@link artifactRecord} needs. */
export const ARTIFACT_SELECT =
  'SELECT d.*, a.create_time_since_epoch, t.name AS type, EXISTS (SELECT 1 FROM pipeline_witness w WHERE w.digest = d.digest) AS stands FROM pipeline_artifact d JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id';

/** Bindings with their artifacts. */
export const BINDING_SELECT =
  'SELECT b.execution_id, b.direction, b.port, b.position, d.*, a.create_time_since_epoch, t.name AS type, EXISTS (SELECT 1 FROM pipeline_witness w WHERE w.digest = d.digest) AS stands FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id';
