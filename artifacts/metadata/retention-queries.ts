/**
 * What garbage collection asks.
 */
import type { Database } from './database.js';
import type { MetadataStore } from './metadata-store.js';
import { RUN_EXECUTIONS, number, text } from './rows.js';
import { EVENT } from './schema.js';

/** Artifacts at any port of the executions that blessings and pushed models came from, directly or by others. */
const SHIPPED = `
  WITH RECURSIVE maker(execution_id) AS (
    SELECT b.execution_id FROM pipeline_artifact d
      JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id
      JOIN pipeline_binding b ON b.artifact_id = d.artifact_id AND b.direction = ${String(EVENT.output)}
      JOIN pipeline_execution p ON p.execution_id = b.execution_id AND p.cached_from IS NULL
      WHERE CASE WHEN NOT json_valid(d.properties) THEN 0
        WHEN t.name = 'ModelBlessing' THEN json_extract(d.properties, '$.blessed') = 1
        WHEN t.name = 'PushedModel' THEN json_extract(d.properties, '$.pushed') = 1 END
    UNION
    SELECT o.execution_id FROM maker m
      JOIN pipeline_binding i ON i.execution_id = m.execution_id AND i.direction = ${String(EVENT.input)}
      JOIN pipeline_binding o ON o.artifact_id = i.artifact_id AND o.direction = ${String(EVENT.output)}
      JOIN pipeline_execution p ON p.execution_id = o.execution_id AND p.cached_from IS NULL
  )
  SELECT DISTINCT d.digest FROM maker m
    JOIN pipeline_binding b ON b.execution_id = m.execution_id JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id`;

/** Queries of a file. */
export function retentionQueries(
  database: Database,
): Pick<MetadataStore, 'recordedDigests' | 'digestUses' | 'standingDocuments' | 'shippedDigests'> {
  return {
    recordedDigests: () =>
      database
        .all(
          // Of a group, SQLite takes the columns from the row with the maximum.
          `SELECT d.digest, d.bytes, t.name AS type, p.node, b.port, max(p.execution_id) FROM pipeline_execution p JOIN pipeline_binding b ON b.execution_id = p.execution_id AND b.direction = ${String(EVENT.output)} JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id JOIN Artifact a ON a.id = d.artifact_id JOIN Type t ON t.id = a.type_id WHERE p.cached_from IS NULL GROUP BY d.digest`,
        )
        .map((row) => ({
          digest: text(row, 'digest'),
          type: text(row, 'type'),
          bytes: number(row, 'bytes'),
          node: text(row, 'node'),
          port: text(row, 'port'),
        })),

    digestUses: () =>
      database
        .all(
          `SELECT DISTINCT r.id AS run_id, d.digest FROM ${RUN_EXECUTIONS} JOIN pipeline_binding b ON b.execution_id = p.execution_id JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id`,
        )
        .map((row) => ({ runId: number(row, 'run_id'), digest: text(row, 'digest') })),

    standingDocuments: () =>
      database
        .all(
          `SELECT document FROM pipeline_fingerprint WHERE digest IN (SELECT p.fingerprint FROM pipeline_execution p WHERE p.ended_at IS NULL OR p.execution_id IN (SELECT b.execution_id FROM pipeline_binding b JOIN pipeline_artifact d ON d.artifact_id = b.artifact_id JOIN pipeline_witness w ON w.digest = d.digest WHERE b.direction = ${String(EVENT.output)}))`,
        )
        .map((row) => text(row, 'document')),

    shippedDigests: () => new Set(database.all(SHIPPED).map((row) => text(row, 'digest'))),
  };
}
