/**
 * What ExampleGen reads from: inputs with examples whose features are known before the first one is read.
 */
import type { ExampleValues, Features } from '../formats/examples-writer.js';

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
  readonly cacheDir: string;
  readonly tempDir: string;
  readonly signal: AbortSignal;
  readonly log: { info(message: string): void; warn(message: string): void };
  progress(progress: {
    readonly message: string;
    readonly fraction?: number;
    readonly rate?: { readonly value: number; readonly unit: string };
    readonly etaSeconds?: number;
  }): void;
}

/** Values by input name; a plain value is the only input and has no name. */
export type ByInput<T> = ReadonlyMap<string | undefined, T>;

/** Reads a param that is either one value or several by split. */
export function byInput<T extends string>(value: T | Readonly<Record<string, T>>): ByInput<T> {
  return typeof value === 'string' ? new Map([[undefined, value]]) : new Map(Object.entries(value));
}
