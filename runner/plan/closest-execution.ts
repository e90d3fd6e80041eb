/**
 * The earlier execution that a step is best compared with: the one whose ingredients differ least.
 */
import type { FingerprintRecord, MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord } from '../../artifacts/metadata/records.js';
import { changedIngredients, readDocument, type IngredientChange } from './fingerprint.js';

/** An earlier execution with what differs from it. */
export interface Comparison {
  readonly execution: ExecutionRecord;
  readonly changes: readonly IngredientChange[];
}

/** Executions that are looked at. */
const LOOKED_AT = 20;

/** A step to compare; `before`: only executions with a smaller id count. */
interface ComparedStep {
  readonly pipeline: string;
  readonly node: string;
  readonly component: string;
  readonly fingerprint: FingerprintRecord;
  readonly before?: number;
}

/** The execution with the fewest differences; among equals the first. */
function closestOf(
  executions: readonly ExecutionRecord[],
  { fingerprint }: ComparedStep,
  metadata: MetadataStore,
): Comparison | undefined {
  const document = readDocument(fingerprint);
  let closest: Comparison | undefined;
  for (const execution of executions) {
    if (execution.state !== 'COMPLETE' && execution.state !== 'CACHED') continue;
    const record = execution.fingerprint === undefined ? undefined : metadata.fingerprint(execution.fingerprint);
    if (record === undefined) continue;
    const changes = changedIngredients(readDocument(record), document);
    if (closest === undefined || changes.length < closest.changes.length) closest = { execution, changes };
  }
  return closest;
}

/** Finds the closest earlier execution of the same node. Among equals the newest wins. */
export function closestOfNode(metadata: MetadataStore, step: ComparedStep): Comparison | undefined {
  return closestOf(metadata.executionsOfNode({ ...step, limit: LOOKED_AT }), step, metadata);
}

/** Finds the closest earlier execution of the same node, else of the same component. Among equals the newest wins. */
export function closestExecution(metadata: MetadataStore, step: ComparedStep): Comparison | undefined {
  return (
    closestOfNode(metadata, step) ??
    closestOf(metadata.executionsOfComponent({ ...step, limit: LOOKED_AT }), step, metadata)
  );
}
