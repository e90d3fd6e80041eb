/**
 * The contract of a command: what it gets, and what it answers. A command sees its process through its environment only;
 * the one reader of `process` is process-environment.ts.
 */
import type { StartedProcess } from '../../artifacts/process-tree.js';
import type { TextOutput } from '../reporting/text/text-output.js';
import type { Diagnostic } from '../source/diagnostic.js';

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
  /** Path of this very program; written anew with every build. */
  readonly program: string;
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
  /** Takes over errors that nothing caught, which end the process with this status; returns what gives them back. */
  onUncaught(handler: (error: unknown) => ExitStatus): () => void;
  /** Asks for a last word when something ends the process, which counts as failed then; returns what takes that back. */
  onExit(lastWord: () => string): () => void;
  /** Ends at once what this process has started, and what that has, and says what it was. */
  readonly endStarted: () => readonly StartedProcess[];
}

/** What every command gets. */
export interface Environment extends ProcessEnvironment {
  /** The arguments as they were typed. */
  readonly argv: readonly string[];
  /** Absolute path of the store: `--root`, else PIPELINE_ROOT, else `.pipeline` in the working folder. */
  readonly root: string;
  /** Answer on stdout in JSON, for programs. */
  readonly json: boolean;
}

/** The work of a command. Each command's file exports it as `command`. */
export type Command<Arguments> = (args: Arguments, environment: Environment) => Promise<ExitStatus>;

/** A pipeline that was found invalid; all that is wrong is printed, exit status 2. */
export class InvalidPipeline extends Error {
  override readonly name = 'InvalidPipeline';
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ message }) => message).join('; '));
  }
}
