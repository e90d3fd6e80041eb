/**
 * Executions together with the artifacts at their ports, from the rows of both.
 */
import type { Database } from './database.js';
import { type Row } from './database.js';
import type { BoundArtifact, ExecutionWithArtifacts } from './metadata-store.js';
import {
  artifactRecord,
  BINDING_SELECT,
  EXECUTION_SELECT,
  executionRecord,
  isWholeArtifact,
  number,
  text,
} from './rows.js';
import { EVENT } from './schema.js';

/** Artifacts by execution, from rows of {@link BINDING_SELECT}. */
export function bindingsOf(rows: readonly Row[]): Map<number, { inputs: BoundArtifact[]; outputs: BoundArtifact[] }> {
  const bindings = new Map<number, { inputs: BoundArtifact[]; outputs: BoundArtifact[] }>();
  for (const row of rows) {
    const id = number(row, 'execution_id');
    const group = bindings.get(id) ?? { inputs: [], outputs: [] };
    bindings.set(id, group);
    const bound = { port: text(row, 'port'), index: number(row, 'position'), artifact: artifactRecord(row) };
    (row['direction'] === EVENT.input ? group.inputs : group.outputs).push(bound);
  }
  return bindings;
}

/** Executions with their artifacts. */
export function withArtifacts(rows: readonly Row[], bindings: readonly Row[]): readonly ExecutionWithArtifacts[] {
  const bound = bindingsOf(bindings);
  return rows.map((row) => {
    const execution = executionRecord(row);
    return { execution, ...(bound.get(execution.id) ?? { inputs: [], outputs: [] }) };
  });
}

/** Numbers of executions with a damaged artifact: they must not stand for steps. */
export function damagedOf(bindings: readonly Row[]): ReadonlySet<number> {
  return new Set(bindings.filter((row) => !isWholeArtifact(row)).map((row) => number(row, 'execution_id')));
}

/** The rows of one execution. */
export function rowsOf(
  database: Database,
  id: number,
): readonly [executions: readonly Row[], bindings: readonly Row[]] {
  return [
    database.all(`${EXECUTION_SELECT} WHERE p.execution_id = ?`, id),
    database.all(`${BINDING_SELECT} WHERE b.execution_id = ? ORDER BY b.port, b.position`, id),
  ];
}
