/**
 * What is written while pipelines run.
 */
import { canonicalJson } from '../canonical-json.js';
import type { ArtifactType } from '../types.js';
import type { Database } from './database.js';
import type { Breakdown, MetadataStore } from './metadata-store.js';
import type { ProcessIdentity } from './records.js';
import { costJson, number, runRecord, text } from './rows.js';
import { DATA_TYPE, EXECUTION_STATE, TYPE_KIND } from './schema.js';
import type { RecordWriter } from './record-writer.js';

/** The writes of a file. */
export function runWrites(
  database: Database,
  writer: RecordWriter,
): Pick<
  MetadataStore,
  | 'beginRun'
  | 'endRun'
  | 'closeDeadRuns'
  | 'registerTypes'
  | 'beginExecution'
  | 'completeExecution'
  | 'recordCompleted'
  | 'recordCached'
  | 'recordResolved'
  | 'recordSkipped'
  | 'recordRepeated'
  | 'recordFailed'
  | 'failExecution'
> {
  const fail = (executionId: number, end: Breakdown): void => {
    writer.setState(executionId, end.state, end.endedAt);
    database.run(
      'UPDATE pipeline_execution SET reusable = 0, failure = ?, timings = ?, attempts = ?, ended_at = ? WHERE execution_id = ?',
      canonicalJson(end.failure),
      costJson(end),
      end.attempts,
      end.endedAt,
      executionId,
    );
    writer.property('Execution', executionId, 'failure', true, end.failure.message);
  };

  return {
    beginRun: (run) => writer.transaction(() => writer.insertRun(run, 'RUNNING', null)),

    endRun: (runId, state, endedAt) => {
      database.run('UPDATE pipeline_run SET state = ?, ended_at = ? WHERE id = ?', state, endedAt, runId);
    },

    closeDeadRuns: (isAlive: (owner: ProcessIdentity) => boolean, now) => {
      const dead = database
        .all("SELECT * FROM pipeline_run WHERE state = 'RUNNING'")
        .map(runRecord)
        .filter((run) => !isAlive(run.owner));
      if (dead.length === 0) return dead;
      writer.transaction(() => {
        const failure = canonicalJson({ code: 'process-died', message: 'the process that ran it died' });
        for (const { id } of dead) {
          const running = database.all(
            'SELECT e.id FROM Execution e JOIN pipeline_execution p ON p.execution_id = e.id WHERE p.run_id = ? AND e.last_known_state = ?',
            id,
            EXECUTION_STATE.RUNNING,
          );
          for (const row of running) {
            writer.setState(number(row, 'id'), 'FAILED', now);
            database.run(
              'UPDATE pipeline_execution SET failure = ?, ended_at = ? WHERE execution_id = ?',
              failure,
              now,
              number(row, 'id'),
            );
          }
          database.run("UPDATE pipeline_run SET state = 'FAILED', ended_at = ? WHERE id = ?", now, id);
        }
      });
      return dead;
    },

    registerTypes: (types: Iterable<ArtifactType>) => {
      writer.transaction(() => {
        for (const type of types) {
          const id = writer.typeId(type.name, TYPE_KIND.artifact);
          for (const [name, kind] of Object.entries(type.properties)) {
            database.run(
              'INSERT OR IGNORE INTO TypeProperty (type_id, name, data_type) VALUES (?, ?, ?)',
              id,
              name,
              DATA_TYPE[kind],
            );
          }
          if (type.base !== undefined) {
            database.run(
              'INSERT OR IGNORE INTO ParentType (type_id, parent_type_id) VALUES (?, ?)',
              id,
              writer.typeId(type.base, TYPE_KIND.artifact),
            );
          }
        }
      });
    },

    beginExecution: (execution) => writer.transaction(() => writer.insertExecution(execution, { state: 'RUNNING' })),

    completeExecution: (executionId, completion) =>
      writer.transaction(() => {
        const row = database.get('SELECT run_id, node FROM pipeline_execution WHERE execution_id = ?', executionId);
        if (row === undefined) throw new Error(`no execution ${String(executionId)}`);
        writer.setState(executionId, 'COMPLETE', completion.endedAt);
        database.run(
          'UPDATE pipeline_execution SET reusable = ?, metrics = ?, timings = ?, attempts = ?, ended_at = ? WHERE execution_id = ?',
          completion.reusable ? 1 : 0,
          canonicalJson(completion.metrics),
          costJson(completion),
          completion.attempts,
          completion.endedAt,
          executionId,
        );
        return writer.insertProducts(
          executionId,
          { runId: number(row, 'run_id'), node: text(row, 'node') },
          completion,
        );
      }),

    recordCompleted: (execution, completion) =>
      writer.transaction(() => {
        const id = writer.insertExecution(execution, {
          state: 'COMPLETE',
          endedAt: completion.endedAt,
          completion,
        });
        return { id, made: writer.insertProducts(id, execution, completion) };
      }),

    recordCached: (execution, { execution: origin, outputs }, endedAt) =>
      writer.transaction(() => {
        const row = database.get('SELECT reusable FROM pipeline_execution WHERE execution_id = ?', origin.id);
        if (row?.['reusable'] !== 1) return undefined;
        const { metrics } = origin;
        const id = writer.insertExecution(execution, { state: 'CACHED', endedAt, cachedFrom: origin.id, metrics });
        const contexts = writer.contextsOf(writer.runOf(execution.runId), execution.node);
        const bindings = outputs.map(({ port, index, artifact }) => ({ port, index, artifactId: artifact.id }));
        writer.bind(id, 'output', bindings, contexts, endedAt);
        return id;
      }),

    recordResolved: (execution, outputs, endedAt) =>
      writer.transaction(() => {
        const id = writer.insertExecution(execution, { state: 'COMPLETE', endedAt });
        const contexts = writer.contextsOf(writer.runOf(execution.runId), execution.node);
        writer.bind(id, 'output', outputs, contexts, endedAt);
        return id;
      }),

    recordSkipped: ({ runId, node, component, reason, at }) =>
      writer.transaction(() => {
        const skipped = { runId, node, component, reason, startedAt: at, log: undefined, inputs: [] };
        const id = writer.insertExecution(skipped, { state: 'SKIPPED', endedAt: at });
        writer.property('Execution', id, 'skipped', true, reason);
        return id;
      }),

    recordRepeated: (runId, executions, fingerprints) => {
      writer.transaction(() => {
        writer.joinRun(
          writer.runOf(runId),
          'SELECT value AS execution_id FROM json_each(?)',
          JSON.stringify(executions),
        );
        for (const { digest, sources } of fingerprints)
          database.run('UPDATE pipeline_fingerprint SET sources = ? WHERE digest = ?', sources, digest);
      });
    },

    recordFailed: ({ runId, node, component, failure, at }) =>
      writer.transaction(() => {
        const failed = { runId, node, component, startedAt: at, log: undefined, inputs: [] };
        const id = writer.insertExecution(failed, { state: 'RUNNING' });
        fail(id, { state: 'FAILED', failure, timings: undefined, resources: undefined, attempts: 0, endedAt: at });
        return id;
      }),

    failExecution: (executionId, end) => {
      writer.transaction(() => {
        fail(executionId, end);
      });
    },
  };
}
