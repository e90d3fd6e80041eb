/**
 * The contract of a command: what it gets, and what it answers. A command sees its process through its environment only;
 * the one reader of `process` is process-environment.ts.
 */
import type { Command as Parser } from 'commander';
import type { TextOutput } from '../reporting/text-output.js';
import type { Diagnostic } from '../source/diagnostic.js';
import type { Amount } from './amounts.js';

/** Exit statuses. */
export const EXIT = {
  /** Done, and all checks held. */
  done: 0,
  /** A step failed, or a check did not hold. */
  failed: 1,
  /** Invalid input or usage: nothing was executed. */
  invalid: 2,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const;

/** How a command ended. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** What ends a process from outside. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The process that a command runs in. */
export interface ProcessEnvironment {
  /** Absolute path of the working folder. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of Node, as `v20.19.0`. */
  readonly node: string;
  /** System and processor, as `linux x64`. */
  readonly platform: string;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** Milliseconds since 1970. */
  now(): number;
  /** Takes signals over from the system, which would end the process; returns what gives them back. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
}

/** What every command gets. */
export interface Environment extends ProcessEnvironment {
  /** Absolute path of the store: `--root`, else PIPELINE_ROOT, else `.pipeline` in the working folder. */
  readonly root: string;
  /** Answer on stdout in JSON, for programs. */
  readonly json: boolean;
}

/** The work of a command. Each command's file exports it as `command`. */
export type Command<Arguments> = (args: Arguments, environment: Environment) => Promise<ExitStatus>;

/** Arguments of the commands that read a pipeline file. */
export interface PipelineArguments {
  readonly file: string;
  /** `name=value`, the value in YAML. */
  readonly set: readonly string[];
  readonly paramsFiles: readonly string[];
}

/** Which nodes a command is about; names of nodes. */
export interface SelectionArguments {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly only: readonly string[];
  readonly exclude: readonly string[];
}

/** Arguments of `pipeline plan`. */
export interface PlanArguments extends PipelineArguments, SelectionArguments {
  /** Whether outputs of earlier runs may be used. */
  readonly cache: boolean;
  /** Nodes that run again though they are cached. */
  readonly force: readonly string[];
}

/** Arguments of `pipeline run`. */
export interface RunArguments extends PlanArguments {
  /** Say what would happen, and do nothing. */
  readonly dryRun: boolean;
  /** Whether nothing new starts once a step has failed. */
  readonly failFast: boolean;
  /** Steps that run at the same time; undefined: as many as there are cores. */
  readonly jobs: number | undefined;
}

/** How runs are chosen by `--status`. */
export const RUN_STATUSES = ['running', 'complete', 'failed', 'canceled'] as const;

/** Which runs are wanted. */
export interface RunSelection {
  readonly pipeline: string | undefined;
  readonly status: (typeof RUN_STATUSES)[number] | undefined;
  /** A condition in CEL over `metrics` and `params`. */
  readonly where: string | undefined;
  /** `started`, `-metrics.accuracy`; undefined: newest first. */
  readonly sort: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Arguments of `pipeline resume`. */
export interface ResumeArguments extends Pick<RunArguments, 'jobs' | 'failFast'> {
  /** Undefined: the latest that did not complete. */
  readonly run: number | undefined;
}

/** Arguments of `pipeline runs`. */
export type RunsArguments = RunSelection;

/** Arguments of `pipeline metrics`. */
export interface MetricsArguments extends RunSelection {
  /** Metrics, nodes, or `node.metric`; none: all. */
  readonly names: readonly string[];
}

/** Arguments of `pipeline logs`. */
export interface LogsArguments {
  readonly run: number | undefined;
  readonly node: string;
  readonly follow: boolean;
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined;
}

/** Arguments of `pipeline show`. */
export interface ShowArguments {
  /** Undefined: the latest run. */
  readonly run: number | undefined;
}

/** Arguments of `pipeline artifacts`. */
export interface ArtifactsArguments {
  readonly type: string | undefined;
  readonly pipeline: string | undefined;
  readonly limit: number;
}

/** Forms that a lineage is drawn in. */
export const LINEAGE_FORMATS = ['text', 'mermaid', 'dot', 'json'] as const;

/** Arguments of `pipeline lineage`. */
export interface LineageArguments {
  /** An id, the beginning of a digest, `node.output` or `run:node.output`. */
  readonly artifact: string;
  readonly run: number | undefined;
  readonly format: (typeof LINEAGE_FORMATS)[number];
  /** Which way to walk: what it was made from, what was made from it. */
  readonly direction: 'up' | 'down' | 'both';
  /** Most steps that are shown. */
  readonly limit: number;
}

/** Arguments of `pipeline explain`. */
export interface ExplainArguments {
  readonly node: string;
  readonly run: number | undefined;
  /** The run to compare with. */
  readonly vs: number | undefined;
}

/** Arguments of `pipeline components`. */
export interface ComponentsArguments {
  /** Undefined: a list of all. */
  readonly name: string | undefined;
}

/** Shells that can be taught to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Arguments of `pipeline completion`. */
export interface CompletionArguments {
  readonly shell: (typeof SHELLS)[number];
}

/** Arguments of `pipeline complete`. */
export interface CompleteArguments {
  /** All commands, as they are declared. */
  readonly program: Parser;
  /** What stands after the program's name; the last one is to be completed. */
  readonly words: readonly string[];
}

/** Arguments of `pipeline init`. */
export interface InitArguments {
  readonly folder: string;
}

/** Forms that a comparison is drawn in. */
export const DIFF_FORMATS = ['text', 'markdown'] as const;

/** Arguments of `pipeline diff`. */
export interface DiffArguments {
  readonly before: number;
  readonly after: number;
  readonly format: (typeof DIFF_FORMATS)[number];
}

/** Arguments of `pipeline gc`. */
export interface GcArguments {
  /** `collect` moves to the trash, `undo` brings the latest batch back, `purge` removes what is there for good. */
  readonly phase: 'collect' | 'undo' | 'purge';
  readonly dryRun: boolean;
  readonly keepLast: number | undefined;
  /** In milliseconds. */
  readonly maxAge: Amount | undefined;
  /** In bytes. */
  readonly maxSize: Amount | undefined;
  readonly pipeline: string | undefined;
}

/** Input that a command cannot work with, other than a pipeline file; exit status 2. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /**
   * @param code - stable and short, kebab-case: `no-run`
   * @param hint - what to type instead
   */
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** A pipeline that was found invalid; all that is wrong is printed, exit status 2. */
export class InvalidPipeline extends Error {
  override readonly name = 'InvalidPipeline';
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ message }) => message).join('; '));
  }
}
