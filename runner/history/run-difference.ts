/**
 * What differs between two runs: params, ingredients of steps, metrics, artifacts, timings. As data; drawing is left to
 * others.
 */
import type {
  ExecutionWithArtifacts,
  FingerprintRecord,
  MetadataStore,
} from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionState, RunRecord } from '../../artifacts/metadata/records.js';
import { changedParts, type PartChange } from '../../components/code-parts.js';
import { changedIngredients, readDocument, readSources } from '../plan/fingerprint.js';

/** Both sides of what differs; undefined where a side lacks it. */
export interface Sides<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** An artifact at a port, as it is compared. */
export interface ComparedArtifact {
  readonly digest: string;
  readonly bytes: number;
}

/** What differs between two runs. Everything of a node stands under its name. */
export interface RunDifference {
  readonly params: readonly ({ readonly name: string } & Sides<unknown>)[];
  /** Ingredients by their path, values as JSON; of user code, the declarations that differ. */
  readonly ingredients: readonly ({
    readonly node: string;
    readonly path: string;
    readonly parts: readonly PartChange[];
  } & Sides<string>)[];
  /** All metrics that either run has, equal ones too. */
  readonly metrics: readonly ({ readonly node: string; readonly metric: string } & Sides<number>)[];
  /** Outputs whose content differs. */
  readonly artifacts: readonly ({ readonly output: string } & Sides<ComparedArtifact>)[];
  /** How every node ended, and the milliseconds that its execution took; a cached one took none. */
  readonly timings: readonly ({ readonly node: string } & Sides<{
    readonly state: ExecutionState;
    readonly ms: number | undefined;
  }>)[];
}

function both<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): readonly (readonly [string, Sides<T>])[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.map((key) => [key, { before: before.get(key), after: after.get(key) }]);
}

/** The last execution of each node: a damaged input may have made it run again. */
function byNode(executions: readonly ExecutionWithArtifacts[]): ReadonlyMap<string, ExecutionWithArtifacts> {
  return new Map(executions.map((each) => [each.execution.node, each]));
}

function fingerprint(step: ExecutionWithArtifacts | undefined, metadata: MetadataStore): FingerprintRecord | undefined {
  const digest = step?.execution.fingerprint;
  return digest === undefined ? undefined : metadata.fingerprint(digest);
}

function outputsOf(step: ExecutionWithArtifacts | undefined): ReadonlyMap<string, ComparedArtifact> {
  const several = (port: string): boolean => (step?.outputs.filter((each) => each.port === port).length ?? 0) > 1;
  return new Map(
    step?.outputs.map(({ port, index, artifact }) => [
      several(port) ? `${port}[${String(index)}]` : port,
      { digest: artifact.digest, bytes: artifact.bytes },
    ]),
  );
}

function timing(step: ExecutionWithArtifacts | undefined): RunDifference['timings'][number]['after'] {
  if (step === undefined) return undefined;
  const { state, startedAt, endedAt } = step.execution;
  return { state, ms: state === 'CACHED' || endedAt === undefined ? undefined : endedAt - startedAt };
}

/** Compares two runs, of one pipeline or of two. */
export function runDifference(before: RunRecord, after: RunRecord, metadata: MetadataStore): RunDifference {
  const nodes = both(byNode(metadata.executionsOf(before.id)), byNode(metadata.executionsOf(after.id)));
  const params = both(new Map(Object.entries(before.params)), new Map(Object.entries(after.params)));
  return {
    params: params
      .filter(([, sides]) => JSON.stringify(sides.before) !== JSON.stringify(sides.after))
      .map(([name, sides]) => ({ name, ...sides })),
    ingredients: nodes.flatMap(([node, sides]) => {
      const [old, now] = [fingerprint(sides.before, metadata), fingerprint(sides.after, metadata)];
      // A node that only one run has differs in all; that it is new is told with the timings.
      if (old === undefined || now === undefined) return [];
      const [oldCode, code] = [readSources(old).code, readSources(now).code];
      return changedIngredients(readDocument(old), readDocument(now)).map((change) => ({
        node,
        ...change,
        parts: changedParts(oldCode[change.path] ?? {}, code[change.path] ?? {}),
      }));
    }),
    metrics: nodes.flatMap(([node, sides]) =>
      both(
        new Map(Object.entries(sides.before?.execution.metrics ?? {})),
        new Map(Object.entries(sides.after?.execution.metrics ?? {})),
      ).map(([metric, values]) => ({ node, metric, ...values })),
    ),
    artifacts: nodes.flatMap(([node, sides]) =>
      both(outputsOf(sides.before), outputsOf(sides.after))
        .filter(([, outputs]) => outputs.before?.digest !== outputs.after?.digest)
        .map(([port, outputs]) => ({ output: `${node}.${port}`, ...outputs })),
    ),
    timings: nodes.map(([node, sides]) => ({ node, before: timing(sides.before), after: timing(sides.after) })),
  };
}
