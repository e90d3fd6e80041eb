/**
 * Why a recorded step was executed or was not: what is known of it, put together. It asks the metadata store only.
 */
import type { ExecutionWithArtifacts, MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord } from '../../artifacts/metadata/records.js';
import { closestExecution } from '../plan/closest-execution.js';
import { compareExecutions, type ChangedIngredient } from '../plan/compare-executions.js';
import { ingredients, placeOf, readDocument, readSources } from '../plan/fingerprint.js';

/** One ingredient: its path, its value as JSON, and where the pipeline file has it as `file:line:column`. */
export interface Ingredient {
  readonly path: string;
  readonly value: string;
  readonly place: string | undefined;
}

/** What is known of why a step was executed or was not. */
export interface Explanation {
  readonly execution: ExecutionRecord;
  /** For a cached step: the execution whose outputs are used. */
  readonly from: ExecutionRecord | undefined;
  /** What it is compared with: the execution that was asked for, else, for an executed step, the closest earlier one. */
  readonly other: ExecutionRecord | undefined;
  /** The other one was not asked for. */
  readonly closest: boolean;
  readonly changes: readonly ChangedIngredient[];
  readonly ingredients: readonly Ingredient[];
}

function allIngredients({ execution }: ExecutionWithArtifacts, metadata: MetadataStore): readonly Ingredient[] {
  const record = execution.fingerprint === undefined ? undefined : metadata.fingerprint(execution.fingerprint);
  if (record === undefined) return [];
  const { places } = readSources(record);
  return [...ingredients(readDocument(record))].map(([path, value]) => ({ path, value, place: placeOf(path, places) }));
}

function closestTo({ execution }: ExecutionWithArtifacts, metadata: MetadataStore): ExecutionWithArtifacts | undefined {
  const { fingerprint: digest, pipeline, node, component, id, state } = execution;
  const fingerprint = digest === undefined || state === 'CACHED' ? undefined : metadata.fingerprint(digest);
  if (fingerprint === undefined) return undefined;
  const closest = closestExecution(metadata, { pipeline, node, component, fingerprint, before: id });
  return closest && metadata.execution(closest.execution.id);
}

/**
 * Explains an execution.
 *
 * @param versus - the execution to compare with; without it, the closest earlier one
 */
export function explain(
  step: ExecutionWithArtifacts,
  versus: ExecutionWithArtifacts | undefined,
  metadata: MetadataStore,
): Explanation {
  const { execution } = step;
  const from =
    execution.state === 'CACHED' && execution.cachedFrom !== undefined
      ? metadata.execution(execution.cachedFrom)?.execution
      : undefined;
  const other = versus ?? closestTo(step, metadata);
  return {
    execution,
    from,
    other: other?.execution,
    closest: versus === undefined,
    changes: other === undefined ? [] : compareExecutions(other, step, metadata),
    ingredients: allIngredients(step, metadata),
  };
}
