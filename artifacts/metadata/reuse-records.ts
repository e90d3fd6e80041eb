/**
 * Which executions may stand for others, and which artifacts stand in the store.
 */
import type { Database } from './database.js';
import type { MetadataStore } from './metadata-store.js';
import type { Binding } from './records.js';
import { BINDING_SELECT, EXECUTION_SELECT, EXECUTIONS_OF_RUN, number, text, witnessOf } from './rows.js';
import { ARTIFACT_STATE, EVENT } from './schema.js';
import type { RecordWriter } from './record-writer.js';
import { rowsOf, wholeWithArtifacts } from './bound-executions.js';

/** Executions with an artifact of a digest among their outputs. */
const MADE_BY = `SELECT b.execution_id FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id WHERE d.digest = ? AND b.direction = ${String(EVENT.output)}`;

/** Executions of the latest run of a pipeline that has any. */
const LATEST = EXECUTIONS_OF_RUN.replace(
  '?',
  '(SELECT l.id FROM pipeline_run l WHERE l.pipeline = ? AND EXISTS (SELECT 1 FROM Association WHERE context_id = l.context_id) ORDER BY l.id DESC LIMIT 1)',
);

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
  | 'saveWitness'
> {
  return {
    completedOf: (pipeline) => {
      const reusable = `reusable = 1 AND fingerprint IN (SELECT fingerprint FROM pipeline_execution WHERE execution_id IN (${LATEST}))`;
      const outputs = `direction = ${String(EVENT.output)} AND execution_id IN (SELECT execution_id FROM pipeline_execution WHERE ${reusable})`;
      const artifacts = `SELECT artifact_id FROM pipeline_binding WHERE ${outputs}`;
      const found = wholeWithArtifacts(
        database.all(`${EXECUTION_SELECT} WHERE p.${reusable} ORDER BY p.execution_id`, pipeline),
        database.all(`${BINDING_SELECT} WHERE b.${outputs} ORDER BY b.execution_id, b.port, b.position`, pipeline),
      );
      const witnesses = database.all(
        `SELECT * FROM pipeline_witness WHERE digest IN (SELECT digest FROM pipeline_artifact WHERE artifact_id IN (${artifacts}))`,
        pipeline,
      );
      return {
        // The newest of several with one fingerprint comes last, and stays.
        executions: new Map(found.map((each) => [each.execution.fingerprint ?? '', each])),
        witnesses: new Map(
          witnesses.flatMap((row) => {
            const witness = witnessOf(row);
            return witness === undefined ? [] : [[text(row, 'digest'), witness] as const];
          }),
        ),
      };
    },

    findCompleted: (fingerprint) => {
      const ids = database.all(
        'SELECT execution_id FROM pipeline_execution WHERE fingerprint = ? AND reusable = 1 ORDER BY execution_id DESC',
        fingerprint,
      );
      for (const row of ids) {
        const [found] = wholeWithArtifacts(...rowsOf(database, number(row, 'execution_id')));
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
      database.transaction(() => {
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

    standingBytes: () => {
      const row = database.get(
        'SELECT COALESCE(sum(bytes), 0) AS bytes FROM (SELECT d.digest, max(d.bytes) AS bytes FROM pipeline_witness w JOIN pipeline_artifact d ON d.digest = w.digest GROUP BY d.digest)',
      );
      return row === undefined ? 0 : number(row, 'bytes');
    },

    witness: (digest) => {
      const row = database.get('SELECT witness FROM pipeline_witness WHERE digest = ?', digest);
      return row === undefined ? undefined : witnessOf(row);
    },
    saveWitness: (digest, witness) => {
      writer.saveWitness(digest, witness);
    },
  };
}
