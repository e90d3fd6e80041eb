/**
 * Which executions may stand for others, and which artifacts stand in the store.
 */
import type { Digest, StatWitness } from '../store/artifact-store.js';
import type { Database, Row } from './database.js';
import type { MetadataStore, ReusableExecution } from './metadata-store.js';
import type { Binding } from './records.js';
import {
  EXECUTIONS_OF_RUN,
  isWholeExecution,
  number,
  reusableRecord,
  text,
  WITNESSED_BINDING_SELECT,
  witnessOf,
} from './rows.js';
import { ARTIFACT_STATE, EVENT } from './schema.js';
import type { RecordWriter } from './record-writer.js';
import { bindingsOf, damagedOf, rowsOf, withArtifacts } from './bound-executions.js';

/** Executions with an artifact of a digest among their outputs. */
const MADE_BY = `SELECT b.execution_id FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id WHERE d.digest = ? AND b.direction = ${String(EVENT.output)}`;

/** Executions of the latest run of a pipeline that has any. */
const LATEST = EXECUTIONS_OF_RUN.replace(
  '?',
  '(SELECT l.id FROM pipeline_run l WHERE l.pipeline = ? AND EXISTS (SELECT 1 FROM Association WHERE context_id = l.context_id) ORDER BY l.id DESC LIMIT 1)',
);

/** Witnesses by digest, from rows of both, each read once. */
function witnessesOf(rows: readonly Row[]): ReadonlyMap<Digest, StatWitness> {
  const witnesses = new Map<Digest, StatWitness>();
  for (const row of rows) {
    const digest = text(row, 'digest');
    const witness = witnesses.has(digest) ? undefined : witnessOf(row);
    if (witness !== undefined) witnesses.set(digest, witness);
  }
  return witnesses;
}

/** Bytes of all artifacts that stand in the store, each counted once. */
export function standingBytes(database: Database): number {
  const row = database.get(
    'SELECT COALESCE(sum(bytes), 0) AS bytes FROM (SELECT d.digest, max(d.bytes) AS bytes FROM pipeline_witness w JOIN pipeline_artifact d ON d.digest = w.digest GROUP BY d.digest)',
  );
  return row === undefined ? 0 : number(row, 'bytes');
}

/** Reads and writes of a file on what may be used again. */
export function reuseRecords(
  database: Database,
  writer: RecordWriter,
): Pick<
  MetadataStore,
  | 'completedOf'
  | 'findCompleted'
  | 'standingOf'
  | 'retireArtifact'
  | 'standing'
  | 'reviveArtifact'
  | 'standingBytes'
  | 'witness'
  | 'witnesses'
  | 'saveWitness'
> {
  return {
    completedOf: (pipeline) => {
      const reusable = `reusable = 1 AND fingerprint IN (SELECT fingerprint FROM pipeline_execution WHERE execution_id IN (${LATEST}))`;
      const outputs = `direction = ${String(EVENT.output)} AND execution_id IN (SELECT execution_id FROM pipeline_execution WHERE ${reusable})`;
      const bindings = database.all(
        `${WITNESSED_BINDING_SELECT} WHERE b.${outputs} ORDER BY b.execution_id, b.port, b.position`,
        pipeline,
      );
      const damaged = damagedOf(bindings);
      const bound = bindingsOf(bindings);
      const columns = 'execution_id, run_id, fingerprint, metrics, timings, log';
      const rows = database.all(
        `SELECT ${columns} FROM pipeline_execution WHERE ${reusable} ORDER BY execution_id`,
        pipeline,
      );
      const executions = new Map<Digest, ReusableExecution>();
      for (const row of rows) {
        const execution = reusableRecord(row);
        if (execution === undefined || damaged.has(execution.id)) continue;
        // The newest of several with one fingerprint comes last, and stays.
        executions.set(text(row, 'fingerprint'), { execution, outputs: bound.get(execution.id)?.outputs ?? [] });
      }
      return { executions, witnesses: witnessesOf(bindings) };
    },

    findCompleted: (fingerprint) => {
      const ids = database.all(
        'SELECT execution_id FROM pipeline_execution WHERE fingerprint = ? AND reusable = 1 ORDER BY execution_id DESC',
        fingerprint,
      );
      for (const row of ids) {
        const [executions, bindings] = rowsOf(database, number(row, 'execution_id'));
        if (!executions.every(isWholeExecution) || damagedOf(bindings).size > 0) continue;
        const [found] = withArtifacts(executions, bindings);
        if (found !== undefined) return found;
      }
      return undefined;
    },

    standingOf: (pipeline) => {
      const inputs = new Map<number, Binding[]>();
      const bindings = `SELECT * FROM pipeline_binding WHERE direction = ${String(EVENT.input)} AND execution_id IN (${LATEST}) ORDER BY execution_id, port, position`;
      for (const row of database.all(bindings, pipeline)) {
        const id = number(row, 'execution_id');
        const bound = inputs.get(id) ?? [];
        inputs.set(id, bound);
        bound.push({ port: text(row, 'port'), index: number(row, 'position'), artifactId: number(row, 'artifact_id') });
      }
      const executions = `SELECT p.execution_id, p.node, p.component, p.fingerprint, o.execution_id AS origin, f.sources FROM pipeline_execution p JOIN pipeline_execution o ON o.execution_id = coalesce(p.cached_from, p.execution_id) JOIN pipeline_fingerprint f ON f.digest = p.fingerprint WHERE o.reusable = 1 AND p.execution_id IN (${LATEST}) ORDER BY p.execution_id`;
      return new Map(
        database.all(executions, pipeline).map((row) => {
          const id = number(row, 'execution_id');
          const standing = {
            id,
            component: text(row, 'component'),
            fingerprint: text(row, 'fingerprint'),
            sources: text(row, 'sources'),
            origin: number(row, 'origin'),
            inputs: inputs.get(id) ?? [],
          };
          // Of several of one node the latest comes last, and stays.
          return [text(row, 'node'), standing] as const;
        }),
      );
    },

    retireArtifact: (digest) => {
      writer.transaction(() => {
        database.run(`UPDATE pipeline_execution SET reusable = 0 WHERE execution_id IN (${MADE_BY})`, digest);
        database.run(
          'UPDATE Artifact SET state = ? WHERE id IN (SELECT artifact_id FROM pipeline_artifact WHERE digest = ?)',
          ARTIFACT_STATE.DELETED,
          digest,
        );
        database.run('DELETE FROM pipeline_witness WHERE digest = ?', digest);
      });
    },

    standing: (digest) => {
      const executions = database
        .all(`SELECT execution_id FROM pipeline_execution WHERE reusable = 1 AND execution_id IN (${MADE_BY})`, digest)
        .map((row) => number(row, 'execution_id'));
      const row = database.get('SELECT witness FROM pipeline_witness WHERE digest = ?', digest);
      return { executions, witness: row === undefined ? undefined : witnessOf(row) };
    },

    reviveArtifact: (digest, { executions, witness }) => {
      writer.transaction(() => {
        for (const id of executions) {
          database.run(
            `UPDATE pipeline_execution SET reusable = 1 WHERE execution_id = ? AND execution_id IN (${MADE_BY})`,
            id,
            digest,
          );
        }
        database.run(
          'UPDATE Artifact SET state = ? WHERE id IN (SELECT artifact_id FROM pipeline_artifact WHERE digest = ?)',
          ARTIFACT_STATE.LIVE,
          digest,
        );
        if (witness !== undefined) writer.saveWitness(digest, witness);
      });
    },

    standingBytes: () => standingBytes(database),

    witness: (digest) => {
      const row = database.get('SELECT witness FROM pipeline_witness WHERE digest = ?', digest);
      return row === undefined ? undefined : witnessOf(row);
    },
    witnesses: (digests) =>
      witnessesOf(
        database.all(
          'SELECT * FROM pipeline_witness WHERE digest IN (SELECT value FROM json_each(?))',
          JSON.stringify(digests),
        ),
      ),
    saveWitness: (digest, witness) => {
      writer.saveWitness(digest, witness);
    },
  };
}
