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
  isWholeExecution,
  number,
  text,
} from './rows.js';
import { EVENT } from './schema.js';

/** Artifacts by execution. */
function bindingsOf(rows: readonly Row[]): Map<number, { inputs: BoundArtifact[]; outputs: BoundArtifact[] }> {
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

/** Without those that are damaged: they must not stand for steps. */
export function wholeWithArtifacts(rows: readonly Row[], bindings: readonly Row[]): readonly ExecutionWithArtifacts[] {
  const damaged = new Set(bindings.filter((row) => !isWholeArtifact(row)).map((row) => row['execution_id']));
  return withArtifacts(
    rows.filter((row) => isWholeExecution(row) && !damaged.has(row['execution_id'] ?? null)),
    bindings,
  );
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
