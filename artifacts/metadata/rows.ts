/**
 * From rows to records. Other programs write into the file too, and disks forget: a column that does not hold what it
 * should is read as the least that it can stand for, so that one bad row keeps nobody from all the others. What
 * is to be used again must be right all the same: see {@link isWholeExecution} and {@link isWholeArtifact}.
 */
import { canonicalJson } from '../canonical-json.js';
import type { StatWitness } from '../store/artifact-store.js';
import type { Properties } from '../types.js';
import { NOBODY, parseProcessIdentity } from '../process-identity.js';
import type { Row } from './database.js';
import type { Breakdown, NodeMetrics, ReusableExecution } from './metadata-store.js';
import type {
  ArtifactRecord,
  ExecutionRecord,
  ExecutionState,
  FailureRecord,
  ResourceUse,
  RunRecord,
  RunState,
  Timings,
} from './records.js';
import { EXECUTION_STATE, NO_FINGERPRINT } from './schema.js';

/** A column that should hold text. */
export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : String(value ?? '');
}

/** A column that should hold a whole number; 0 when it does not. */
export function number(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

/** Latest moment that there is a date for, in milliseconds since 1970. */
const LAST_MOMENT = 8.64e15;

function moment(row: Row, column: string): number {
  const value = number(row, column);
  return Math.abs(value) <= LAST_MOMENT ? value : 0;
}

function optional<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | undefined {
  return row[column] === null || row[column] === undefined ? undefined : read(row, column);
}

type Mapping = Readonly<Record<string, unknown>>;

/** A column that should hold a mapping in JSON, all values of which are as they should be; undefined when it does not. */
function mapping(row: Row, column: string, isRight: (value: unknown) => boolean): Mapping | undefined {
  const json = text(row, column);
  if (json === '{}') return {};
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.values(value).every(isRight) ? (value as Mapping) : undefined;
}

const isNumber = (value: unknown): boolean => Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isPlain = (value: unknown): boolean => isNumber(value) || isText(value) || typeof value === 'boolean';
const isFileWitness = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 4 && isNumber(value[0]) && value.slice(1).every(isText);

const RUN_STATES: readonly string[] = ['RUNNING', 'COMPLETE', 'FAILED', 'CANCELED'] satisfies readonly RunState[];

const STATES = new Map<number, ExecutionState>(
  (Object.keys(EXECUTION_STATE) as ExecutionState[]).map((name) => [EXECUTION_STATE[name], name]),
);

/** A row of RUN_COLUMNS. */
export function runRecord(row: Row): RunRecord {
  return {
    id: number(row, 'id'),
    pipeline: text(row, 'pipeline'),
    file: text(row, 'file'),
    params: mapping(row, 'params', () => true) ?? {},
    state: RUN_STATES.includes(text(row, 'state')) ? (text(row, 'state') as RunState) : 'FAILED',
    startedAt: moment(row, 'started_at'),
    endedAt: optional(row, 'ended_at', moment),
    owner: parseProcessIdentity(text(row, 'owner')) ?? NOBODY,
  };
}

/** What an execution took and used, as the column `timings` holds it. */
export function costJson({ timings, resources }: Pick<Breakdown, 'timings' | 'resources'>): string | null {
  if (timings === undefined) return null;
  if (resources === undefined) return canonicalJson(timings);
  const { cpuMs = null, peakMemoryBytes = null } = resources;
  return canonicalJson({ ...timings, cpuMs, peakMemoryBytes });
}

type Cost = Readonly<Partial<Record<keyof Timings | keyof ResourceUse, number | null>>>;

function costOf(row: Row): Cost {
  return mapping(row, 'timings', (value) => value === null || isNumber(value)) ?? {};
}

/** What an execution took. */
export function timingsOf(row: Row): Timings | undefined {
  const { queuedMs, executeMs, publishMs } = costOf(row);
  if (typeof queuedMs !== 'number' || typeof executeMs !== 'number' || typeof publishMs !== 'number') return undefined;
  return { queuedMs, executeMs, publishMs };
}

function resourcesOf(row: Row): ResourceUse | undefined {
  const { cpuMs, peakMemoryBytes } = costOf(row);
  // Stores of earlier releases have neither.
  if (cpuMs === undefined || peakMemoryBytes === undefined) return undefined;
  return { cpuMs: cpuMs ?? undefined, peakMemoryBytes: peakMemoryBytes ?? undefined };
}

/** The state of an execution; ML Metadata has none for what was skipped. */
export function executionState(state: number, hasFingerprint: boolean): ExecutionState {
  const found = STATES.get(state) ?? 'FAILED';
  return found === 'CANCELED' && !hasFingerprint ? 'SKIPPED' : found;
}

/** A row of {@link EXECUTION_SELECT}. */
export function executionRecord(row: Row): ExecutionRecord {
  const fingerprint = text(row, 'fingerprint');
  return {
    id: number(row, 'execution_id'),
    runId: number(row, 'run_id'),
    pipeline: text(row, 'pipeline'),
    node: text(row, 'node'),
    component: text(row, 'component'),
    state: executionState(number(row, 'last_known_state'), fingerprint !== NO_FINGERPRINT),
    fingerprint: fingerprint === NO_FINGERPRINT ? undefined : fingerprint,
    cachedFrom: optional(row, 'cached_from', number),
    reason: optional(row, 'reason', text),
    metrics: metricsOf(row) ?? {},
    failure: failureOf(row),
    timings: timingsOf(row),
    resources: resourcesOf(row),
    attempts: number(row, 'attempts'),
    log: optional(row, 'log', text),
    startedAt: moment(row, 'started_at'),
    endedAt: optional(row, 'ended_at', moment),
  };
}

/** What is needed of an execution that stands for others, of a row with those columns; undefined when it is damaged. */
export function reusableRecord(row: Row): ReusableExecution['execution'] | undefined {
  const metrics = metricsOf(row);
  return (
    metrics && {
      id: number(row, 'execution_id'),
      runId: number(row, 'run_id'),
      metrics,
      timings: timingsOf(row),
      log: optional(row, 'log', text),
    }
  );
}

/** An execution as a run has it that repeats one of an earlier run: its outputs stood there already when it began. */
export function repeated(execution: ExecutionRecord, run: RunRecord): ExecutionRecord {
  const skipped = execution.state === 'SKIPPED';
  return {
    ...execution,
    runId: run.id,
    state: skipped ? 'SKIPPED' : 'CACHED',
    cachedFrom: skipped ? undefined : (execution.cachedFrom ?? execution.id),
    reason: skipped ? execution.reason : undefined,
    timings: undefined,
    resources: undefined,
    attempts: 0,
    startedAt: run.startedAt,
    endedAt: run.startedAt,
  };
}

function metricsOf(row: Row): ExecutionRecord['metrics'] | undefined {
  return mapping(row, 'metrics', isNumber) as ExecutionRecord['metrics'] | undefined;
}

function failureOf(row: Row): ExecutionRecord['failure'] {
  if (optional(row, 'failure', text) === undefined) return undefined;
  const { code = 'unknown', message = '' } = (mapping(row, 'failure', isText) ?? {}) as Partial<FailureRecord>;
  return { code, message };
}

/** A row of {@link ARTIFACT_SELECT}. */
export function artifactRecord(row: Row): ArtifactRecord {
  return {
    id: number(row, 'artifact_id'),
    type: text(row, 'type'),
    digest: text(row, 'digest'),
    properties: propertiesOf(row) ?? {},
    bytes: number(row, 'bytes'),
    files: number(row, 'files'),
    createdAt: moment(row, 'create_time_since_epoch'),
    gone: number(row, 'stands') === 0,
  };
}

function propertiesOf(row: Row): Properties | undefined {
  return mapping(row, 'properties', isPlain) as Properties | undefined;
}

/** Whether an execution may stand for others, by what its row of {@link EXECUTION_SELECT} holds. */
export function isWholeExecution(row: Row): boolean {
  return metricsOf(row) !== undefined;
}

/** The same of an artifact, by its row of {@link BINDING_SELECT}. */
export function isWholeArtifact(row: Row): boolean {
  return /^[0-9a-f]{64}$/u.test(text(row, 'digest')) && propertiesOf(row) !== undefined;
}

/** A row of an execution's run, node and metrics. */
export function nodeMetrics(row: Row): NodeMetrics {
  return {
    runId: number(row, 'run_id'),
    node: text(row, 'node'),
    metrics: metricsOf(row) ?? {},
  };
}

/** A witness as it is kept; undefined when it is damaged: then the content has to be looked at. */
export function witnessOf(row: Row): StatWitness | undefined {
  return mapping(row, 'witness', isFileWitness) as StatWitness | undefined;
}

/** Executions with what {@link executionRecord} needs. */
export const EXECUTION_SELECT =
  'SELECT p.*, e.last_known_state, r.pipeline FROM pipeline_execution p JOIN Execution e ON e.id = p.execution_id JOIN pipeline_run r ON r.id = p.run_id';

/** Artifacts with what {@link artifactRecord} needs. */
export const ARTIFACT_SELECT =
  'SELECT d.*, a.create_time_since_epoch, t.name AS type, EXISTS (SELECT 1 FROM pipeline_witness w WHERE w.digest = d.digest) AS stands FROM pipeline_artifact d JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id';

function bindingSelect(more = ''): string {
  return `SELECT b.execution_id, b.direction, b.port, b.position, d.*, a.create_time_since_epoch, t.name AS type, w.digest IS NOT NULL AS stands${more} FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id LEFT JOIN pipeline_witness w ON w.digest = d.digest`;
}

/** Bindings with their artifacts. */
export const BINDING_SELECT = bindingSelect();

/** The same with the witnesses of the artifacts. */
export const WITNESSED_BINDING_SELECT = bindingSelect(', w.witness');

/** The executions of runs: their own, and those of another run that they repeat. */
export const RUN_EXECUTIONS =
  'pipeline_run r JOIN Association s ON s.context_id = r.context_id JOIN pipeline_execution p ON p.execution_id = s.execution_id';

/** Their numbers, for one run. */
export const EXECUTIONS_OF_RUN = `SELECT p.execution_id FROM ${RUN_EXECUTIONS} WHERE r.id = ?`;
