/**
 * What ExampleGen reads from: inputs with examples whose features are known before the first one is read.
 */
import type { Progress, StepLog } from '../../executor.js';
import type { ExampleValues, Features } from '../../formats/examples/examples-writer.js';

/** One input. */
export interface SourceInput {
  /** The split that it comes as; undefined for a single input without a name. */
  readonly name: string | undefined;
  /** How many examples it has, when that is known before. */
  readonly examples: number | undefined;
  /** The examples in order, read as they are asked for. */
  read(): AsyncGenerator<ExampleValues>;
}

/** An opened source. */
export interface Source {
  readonly features: Features;
  readonly inputs: readonly SourceInput[];
}

/** What opening a source may use. */
export interface SourceContext {
  /** Makes a path of the params absolute. */
  readonly resolve: (path: string) => string;
  /** Names of the classes by index, when the params give them. */
  readonly classes: readonly string[] | undefined;
  /** For downloads that later runs may use. */
  readonly cacheDir: string;
  /** For what is unpacked. */
  readonly tempDir: string;
  readonly signal: AbortSignal;
  readonly log: StepLog;
  progress(progress: Progress): void;
}

/** Values by input name; a single input may have none. */
export type ByInput<T> = ReadonlyMap<string | undefined, T>;
