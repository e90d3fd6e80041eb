/**
 * Why a recorded step was executed or was not: what is known of it, put together. It asks the metadata store only.
 */
import type { ExecutionWithArtifacts, MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord } from '../../artifacts/metadata/records.js';
import { closestExecution } from '../plan/closest-execution.js';
import { ingredients } from '../plan/fingerprint.js';
import { makerOf } from './artifact-names.js';

/** One ingredient: its path, its value as JSON, and where the pipeline file has it as `file:line:column`. */
export interface Ingredient {
  readonly path: string;
  readonly value: string;
  readonly place: string | undefined;
}

/** An ingredient that differs; undefined where one side lacks it. */
export interface ChangedIngredient {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly place: string | undefined;
  /** For an input: the node of this run that made it. */
  readonly madeBy: string | undefined;
}

/** What is known of why a step was executed or was not. */
export interface Explanation {
  readonly execution: ExecutionRecord;
  /** For a cached step: the execution whose outputs are used. */
  readonly from: ExecutionRecord | undefined;
  /** For an executed one: the earlier execution that it differs least from, and how. */
  readonly closest: ExecutionRecord | undefined;
  readonly changes: readonly ChangedIngredient[];
  readonly ingredients: readonly Ingredient[];
}

/** Reads what this program wrote, or nothing when it is damaged. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** Finds the place of an ingredient, or of what it is part of. */
function placeFinder(sources: string): (path: string) => string | undefined {
  const places = parsed(sources) as Readonly<Record<string, unknown>>;
  return (path) => {
    for (let part = path; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
      const place = Object.hasOwn(places, part) ? places[part] : undefined;
      if (typeof place === 'string') return place;
    }
    return undefined;
  };
}

function makerOfInput(
  path: string,
  { execution, inputs }: ExecutionWithArtifacts,
  metadata: MetadataStore,
): string | undefined {
  const match = /^inputs\.(.+)\.(\d+)$/u.exec(path);
  const input = match && inputs.find(({ port, index }) => port === match[1] && index === Number(match[2]));
  const maker = input ? makerOf(input.artifact.id, metadata)?.execution : undefined;
  return maker?.runId === execution.runId ? maker.node : undefined;
}

/** Explains an execution. */
export function explain(step: ExecutionWithArtifacts, metadata: MetadataStore): Explanation {
  const { execution } = step;
  const fingerprint = execution.fingerprint === undefined ? undefined : metadata.fingerprint(execution.fingerprint);
  const placeOf = placeFinder(fingerprint?.sources ?? '{}');
  const leaves = fingerprint === undefined ? new Map<string, string>() : ingredients(parsed(fingerprint.document));
  const all = [...leaves].map(([path, value]) => ({ path, value, place: placeOf(path) }));
  const { cachedFrom, pipeline, node, component, id } = execution;
  if (execution.state === 'CACHED') {
    const from = cachedFrom === undefined ? undefined : metadata.execution(cachedFrom)?.execution;
    return { execution, from, closest: undefined, changes: [], ingredients: all };
  }
  const comparison = fingerprint && closestExecution(metadata, { pipeline, node, component, fingerprint, before: id });
  const changes = (comparison?.changes ?? []).map((change) => ({
    ...change,
    place: placeOf(change.path),
    madeBy: makerOfInput(change.path, step, metadata),
  }));
  return { execution, from: undefined, closest: comparison?.execution, changes, ingredients: all };
}
