/**
 * The earlier execution that a step is best compared with: the one whose ingredients differ least.
 */
import type { FingerprintRecord, MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord } from '../../artifacts/metadata/records.js';
import { changedIngredients, type IngredientChange } from './fingerprint.js';

/** An earlier execution with what differs from it. */
export interface Comparison {
  readonly execution: ExecutionRecord;
  readonly changes: readonly IngredientChange[];
}

/** Executions that are looked at. */
const LOOKED_AT = 20;

/**
 * Finds the closest earlier execution of the same node, else of the same component. Among equals the newest wins.
 *
 * @param step - `before`: only executions with a smaller id count
 */
export function closestExecution(
  metadata: MetadataStore,
  step: { pipeline: string; node: string; component: string; fingerprint: FingerprintRecord; before?: number },
): Comparison | undefined {
  const { pipeline, node, component, fingerprint } = step;
  const document: unknown = JSON.parse(fingerprint.document);
  const like = metadata
    .executionsLike({ pipeline, node, component, limit: LOOKED_AT })
    .filter(({ id, state }) => id < (step.before ?? Infinity) && (state === 'COMPLETE' || state === 'CACHED'));
  const own = like.filter((execution) => execution.pipeline === pipeline && execution.node === node);
  let closest: Comparison | undefined;
  for (const execution of own.length > 0 ? own : like) {
    const record = execution.fingerprint === undefined ? undefined : metadata.fingerprint(execution.fingerprint);
    if (record === undefined) continue;
    const changes = changedIngredients(JSON.parse(record.document), document);
    if (closest === undefined || changes.length < closest.changes.length) closest = { execution, changes };
  }
  return closest;
}
