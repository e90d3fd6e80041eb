/**
 * What an executor gets and what it may do. It sees folders, values and a few callbacks; it knows neither the graph nor
 * the store nor the run.
 */
import type { Properties, PropertyValue } from '../artifacts/types.js';
import type { ComponentSpec, InputPort, InputPorts, OutputPorts } from './component-spec.js';
import type { ParamSet, ParamValues } from './params.js';

/** An artifact to read. */
export interface InputArtifact {
  readonly type: string;
  readonly digest: string;
  /** Absolute path of its folder; read-only. */
  readonly path: string;
  readonly properties: Properties;
}

/** An artifact to write. */
export interface OutputArtifact {
  readonly type: string;
  /** Absolute path of an empty folder. What stands in it when the executor returns becomes the artifact. */
  readonly path: string;
  /** Records a property declared by the artifact's type, or one more. */
  setProperty(name: string, value: PropertyValue): void;
}

/** Where a step stands, for the terminal. */
export interface Progress {
  /** What is going on, in a few words: `epoch 2/5`. */
  readonly message: string;
  /** Between 0 and 1; left out when it is not known. */
  readonly fraction?: number;
  /** Work done per second with its unit: `{value: 278, unit: 'images'}`. */
  readonly rate?: { readonly value: number; readonly unit: string };
  /** Seconds to go; left out when it is not known. */
  readonly etaSeconds?: number;
}

/** The step's log: kept in a file, and shown when the step fails. */
export interface StepLog {
  readonly info: (message: string) => void;
  /** Also shown in the run's summary. */
  readonly warn: (message: string) => void;
}

type InputOf<P> =
  P extends InputPort<infer Optional, infer List>
    ? List extends true
      ? readonly InputArtifact[]
      : Optional extends true
        ? InputArtifact | undefined
        : InputArtifact
    : never;

/** What an executor works with. */
export interface ExecutionContext<
  I extends InputPorts = InputPorts,
  O extends OutputPorts = OutputPorts,
  P extends ParamSet = ParamSet,
> {
  readonly inputs: { readonly [K in keyof I]: InputOf<I[K]> };
  readonly outputs: { readonly [K in keyof O]: OutputArtifact };
  readonly params: ParamValues<P>;
  /** Seed of everything random in the step. */
  readonly seed: number;
  /** Folder of the pipeline file: what relative paths in params start from. */
  readonly baseDir: string;
  /** Folder for files that may be used again by any step or run, such as downloads. */
  readonly cacheDir: string;
  /** Folder that survives a crash of this very step; gone when it has finished. */
  readonly checkpointDir: string;
  /** Scratch folder; gone when the step has ended. */
  readonly tempDir: string;
  /** Declared environment variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborts when the step is to stop: cancelled, or out of time. */
  readonly signal: AbortSignal;
  readonly log: StepLog;
  progress(progress: Progress): void;
  /** Tells of a process that the step has started, so that what it uses is counted. */
  readonly startedProcess: (pid: number) => void;
  /** Records a number about the outcome. @throws StepError when it is not finite */
  metric(name: string, value: number): void;
}

/** The work of a component. */
export type Executor<S> =
  S extends ComponentSpec<infer I, infer O, infer P> ? (context: ExecutionContext<I, O, P>) => Promise<void> : never;

/** An executor of any component. */
export type AnyExecutor = (context: ExecutionContext) => Promise<void>;

/**
 * An expected failure of a step: bad data, a missing file, a model that cannot be converted. Its message is for the
 * user; anything else that an executor throws counts as a defect and is shown with its stack.
 */
export class StepError extends Error {
  override readonly name = 'StepError';
  /**
   * @param code - stable and short, kebab-case: `download-offline`
   * @param message - what is wrong, and why
   * @param hint - what to do about it
   */
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** What an earlier execution has made. */
export interface EarlierExecution {
  readonly outputs: Readonly<Record<string, { readonly path: string }>>;
  readonly baseDir: string;
}
