/**
 * How two executions of a step differ, ingredient by ingredient; for an input, followed upstream to what made it another.
 */
import { makerOf } from '../../artifacts/metadata/maker.js';
import type { ExecutionWithArtifacts, MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord } from '../../artifacts/metadata/records.js';
import { changedParts, type PartChange } from '../../components/code-parts.js';
import { changedIngredients, placeOf, readDocument, readSources } from './fingerprint.js';

/** An ingredient that differs; undefined where one side lacks it. Values are JSON. */
export interface ChangedIngredient {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Where the pipeline file has it now, as `file:line:column`. */
  readonly place: string | undefined;
  /** For user code: the declarations that differ. */
  readonly parts: readonly PartChange[];
  /** For an input: the execution that made it. */
  readonly madeBy: ExecutionRecord | undefined;
  /** For an input: what made it another, at the beginning of the chain. */
  readonly causes: readonly Cause[];
}

/** A change that made the input of a later step another. */
export interface Cause {
  /** The execution that met the change. */
  readonly execution: ExecutionRecord;
  /** Undefined when all its ingredients are the same, and yet it made other bytes. */
  readonly change: Omit<ChangedIngredient, 'causes' | 'madeBy'> | undefined;
}

function makerOfInput(
  path: string,
  { execution, inputs }: ExecutionWithArtifacts,
  metadata: MetadataStore,
): ExecutionWithArtifacts | undefined {
  const match = /^inputs\.(.+)\.(\d+)$/u.exec(path);
  const input = match && inputs.find(({ port, index }) => port === match[1] && index === Number(match[2]));
  const maker = input ? makerOf(input.artifact.id, metadata) : undefined;
  // What made it came before: records that say otherwise are damaged, and would be followed in a circle.
  return maker !== undefined && maker.execution.id < execution.id ? maker : undefined;
}

function causesOf(
  before: ExecutionWithArtifacts | undefined,
  after: ExecutionWithArtifacts | undefined,
  metadata: MetadataStore,
): readonly Cause[] {
  if (before === undefined || after === undefined || before.execution.id === after.execution.id) return [];
  const changes = compareExecutions(before, after, metadata);
  if (changes.length === 0) return [{ execution: after.execution, change: undefined }];
  const causes = changes.flatMap(({ causes: further, madeBy, ...change }) =>
    madeBy !== undefined && further.length > 0 ? further : [{ execution: after.execution, change }],
  );
  const seen = new Set<string>();
  return causes.filter(({ execution, change }) => {
    const key = `${String(execution.id)} ${change?.path ?? ''}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Compares two executions; only those ingredients are told that differ, ordered by path. */
export function compareExecutions(
  before: ExecutionWithArtifacts,
  after: ExecutionWithArtifacts,
  metadata: MetadataStore,
): readonly ChangedIngredient[] {
  const recordOf = ({ execution: { fingerprint } }: ExecutionWithArtifacts) =>
    fingerprint === undefined ? undefined : metadata.fingerprint(fingerprint);
  const [old, now] = [recordOf(before), recordOf(after)];
  if (old === undefined || now === undefined) return [];
  const [oldCode, { places, code }] = [readSources(old).code, readSources(now)];
  return changedIngredients(readDocument(old), readDocument(now)).map((change) => {
    const { path } = change;
    const maker = makerOfInput(path, after, metadata);
    return {
      ...change,
      place: placeOf(path, places),
      parts: changedParts(oldCode[path] ?? {}, code[path] ?? {}),
      madeBy: maker?.execution,
      causes: maker === undefined ? [] : causesOf(makerOfInput(path, before, metadata), maker, metadata),
    };
  });
}
