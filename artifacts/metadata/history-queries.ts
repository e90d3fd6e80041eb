/**
 * What is asked of runs, executions and artifacts of the past.
 */
import type { Digest } from '../store/artifact-store.js';
import type { Database } from './database.js';
import type { LineageEvent, MetadataStore, RunQuery } from './metadata-store.js';
import {
  ARTIFACT_SELECT,
  artifactRecord,
  BINDING_SELECT,
  EXECUTION_SELECT,
  EXECUTIONS_OF_RUN,
  RUN_EXECUTIONS,
  executionRecord,
  executionState,
  nodeMetrics,
  number,
  repeated,
  runRecord,
  text,
  timingsOf,
} from './rows.js';
import { EVENT, NO_FINGERPRINT } from './schema.js';
import { rowsOf, withArtifacts } from './bound-executions.js';

/** Condition on runs, with {@link runsWhere} as its values. */
const RUNS_WHERE = 'WHERE (? IS NULL OR pipeline = ?) AND (? IS NULL OR state = ?)';

function runsWhere({ pipeline, state }: Pick<RunQuery, 'pipeline' | 'state'>): readonly (string | null)[] {
  return [pipeline ?? null, pipeline ?? null, state ?? null, state ?? null];
}

/** Queries of a file. */
export function historyQueries(
  database: Database,
): Pick<
  MetadataStore,
  | 'run'
  | 'runs'
  | 'countRuns'
  | 'metricsOf'
  | 'executionsOf'
  | 'executionCounts'
  | 'execution'
  | 'executionsOfNode'
  | 'recentTimings'
  | 'executionsOfComponent'
  | 'fingerprint'
  | 'artifact'
  | 'artifactsByDigest'
  | 'artifacts'
  | 'eventsOfArtifact'
  | 'eventsOfExecution'
> {
  const events = (condition: string, id: number): readonly LineageEvent[] =>
    database
      .all(
        `SELECT b.*, COALESCE(p.cached_from, b.execution_id) AS origin FROM pipeline_binding b JOIN pipeline_execution p ON p.execution_id = b.execution_id WHERE b.${condition} = ? ORDER BY b.execution_id, direction, port, position`,
        id,
      )
      .map((row) => ({
        direction: row['direction'] === EVENT.input ? 'input' : 'output',
        artifactId: number(row, 'artifact_id'),
        executionId: number(row, 'execution_id'),
        origin: number(row, 'origin'),
        port: text(row, 'port'),
        index: number(row, 'position'),
      }));

  return {
    run: (runId) => {
      const row = database.get('SELECT * FROM pipeline_run WHERE id = ?', runId);
      return row === undefined ? undefined : runRecord(row);
    },

    runs: ({ pipeline, state, limit, offset }) =>
      database
        .all(
          `SELECT * FROM pipeline_run ${RUNS_WHERE} ORDER BY id DESC LIMIT ? OFFSET ?`,
          ...runsWhere({ pipeline, state }),
          limit ?? -1,
          offset ?? 0,
        )
        .map(runRecord),

    countRuns: (query) => {
      const row = database.get(`SELECT count(*) AS runs FROM pipeline_run ${RUNS_WHERE}`, ...runsWhere(query));
      return row === undefined ? 0 : number(row, 'runs');
    },

    metricsOf: ({ pipeline, first, last }) =>
      database
        .all(
          `SELECT r.id AS run_id, p.node, p.metrics FROM ${RUN_EXECUTIONS} WHERE r.id BETWEEN ? AND ? AND (? IS NULL OR r.pipeline = ?) AND p.metrics <> '{}' ORDER BY r.id, p.execution_id`,
          first,
          last,
          pipeline ?? null,
          pipeline ?? null,
        )
        .map(nodeMetrics),

    executionsOf: (runId) => {
      const run = database.get('SELECT * FROM pipeline_run WHERE id = ?', runId);
      if (run === undefined) return [];
      const found = withArtifacts(
        database.all(
          `${EXECUTION_SELECT} WHERE p.execution_id IN (${EXECUTIONS_OF_RUN}) ORDER BY p.execution_id`,
          runId,
        ),
        database.all(
          `${BINDING_SELECT} WHERE b.execution_id IN (${EXECUTIONS_OF_RUN}) ORDER BY b.execution_id, b.port, b.position`,
          runId,
        ),
      );
      return found.map((each) =>
        each.execution.runId === runId ? each : { ...each, execution: repeated(each.execution, runRecord(run)) },
      );
    },

    executionCounts: (runId) => {
      const rows = database.all(
        `SELECT e.last_known_state AS state, p.fingerprint <> ? AS named, p.run_id <> r.id AS repeated, count(*) AS executions FROM ${RUN_EXECUTIONS} JOIN Execution e ON e.id = p.execution_id WHERE r.id = ? GROUP BY 1, 2, 3`,
        NO_FINGERPRINT,
        runId,
      );
      const counts = { RUNNING: 0, COMPLETE: 0, CACHED: 0, FAILED: 0, CANCELED: 0, SKIPPED: 0 };
      for (const row of rows) {
        const state = executionState(number(row, 'state'), row['named'] === 1);
        const counted = row['repeated'] === 1 && state !== 'SKIPPED' ? 'CACHED' : state;
        counts[counted] += number(row, 'executions');
      }
      return counts;
    },

    execution: (id) => withArtifacts(...rowsOf(database, id))[0],

    executionsOfNode: ({ pipeline, node, component, before, limit }) =>
      database
        .all(
          `${EXECUTION_SELECT} WHERE p.component = ? AND p.node = ? AND r.pipeline = ? AND p.execution_id < ? ORDER BY p.execution_id DESC LIMIT ?`,
          component,
          node,
          pipeline,
          before ?? Number.MAX_SAFE_INTEGER,
          limit,
        )
        .map(executionRecord),

    recentTimings: ({ pipeline, node, component, limit }) =>
      database
        .all(
          'SELECT p.timings FROM pipeline_execution p JOIN pipeline_run r ON r.id = p.run_id WHERE p.component = ? AND p.node = ? AND r.pipeline = ? AND p.timings IS NOT NULL AND p.failure IS NULL ORDER BY p.execution_id DESC LIMIT ?',
          component,
          node,
          pipeline,
          limit,
        )
        .flatMap((row) => timingsOf(row) ?? []),

    executionsOfComponent: ({ component, before, limit }) =>
      database
        .all(
          // With the plus SQLite walks from the newest execution on, rather than sort all of the component.
          `${EXECUTION_SELECT} WHERE +p.component = ? AND p.execution_id < ? ORDER BY p.execution_id DESC LIMIT ?`,
          component,
          before ?? Number.MAX_SAFE_INTEGER,
          limit,
        )
        .map(executionRecord),

    fingerprint: (digest) => {
      const row = database.get('SELECT * FROM pipeline_fingerprint WHERE digest = ?', digest);
      return row === undefined ? undefined : { digest, document: text(row, 'document'), sources: text(row, 'sources') };
    },

    artifact: (id) => {
      const row = database.get(`${ARTIFACT_SELECT} WHERE d.artifact_id = ?`, id);
      return row === undefined ? undefined : artifactRecord(row);
    },

    artifactsByDigest: (prefix: Digest) => {
      if (!/^[0-9a-f]+$/u.test(prefix)) return [];
      return database
        .all(
          `${ARTIFACT_SELECT} WHERE d.digest >= ? AND d.digest < ? ORDER BY d.artifact_id DESC`,
          prefix,
          `${prefix}g`,
        )
        .map(artifactRecord);
    },

    artifacts: ({ pipeline, type, limit }) =>
      database
        .all(
          `${ARTIFACT_SELECT} WHERE (? IS NULL OR t.name = ?) AND (? IS NULL OR d.artifact_id IN (SELECT at.artifact_id FROM Attribution at JOIN Context c ON c.id = at.context_id JOIN Type ct ON ct.id = c.type_id WHERE ct.name = 'pipeline' AND c.name = ?)) ORDER BY d.artifact_id DESC LIMIT ?`,
          type ?? null,
          type ?? null,
          pipeline ?? null,
          pipeline ?? null,
          limit ?? -1,
        )
        .map(artifactRecord),

    eventsOfArtifact: (artifactId) => events('artifact_id', artifactId),
    eventsOfExecution: (executionId) => events('execution_id', executionId),
  };
}
