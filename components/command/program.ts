/**
 * A program in a process group of its own, so that all that it starts ends with it. What its end means is the caller's
 * business.
 */
import { spawn } from 'node:child_process';
import { endProcesses, processesWith, type StartedProcess } from '../../artifacts/process-tree.js';
import { eachLine } from '../output-lines.js';

/** Milliseconds that a program has to end by itself once it was asked to. */
const GRACE_MS = 5000;

/** Milliseconds that what a program leaves running may still hold the program's output open. */
const LEFT_RUNNING_MS = 500;

/** What to start, and how. */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  /** Absolute folder that it works in. */
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An entry of its environment that no other program has: it tells what has left the group from all others. */
  readonly mark?: { readonly variable: string; readonly value: string };
  /** What it finds on its standard input. Default: nothing. */
  readonly input?: string;
  /** Asks it to end, and ends it when it does not. */
  readonly signal: AbortSignal;
  /** Told of its process. */
  readonly started?: (pid: number) => void;
  /** Takes every line that it prints; a long one whole, up to {@link eachLine}'s limit. */
  readonly line: (text: string) => void;
}

/** How it ended. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly endedBy: NodeJS.Signals | null;
  /** What it had left running, out of its group and with its output in hand: ended, as far as it could be found. */
  readonly leftRunning?: readonly StartedProcess[];
}

/** Says of a program that did not end well how it ended. */
export function programEndText({ status, endedBy }: ProgramEnd): string {
  return endedBy === null ? `ended with status ${String(status)}` : `was ended by ${endedBy}`;
}

/** Ends a process group; one that is gone already is left alone. */
function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing is left of it.
  }
}

/**
 * Runs a program to its end.
 *
 * @throws Error when it cannot be started
 */
export async function runProgram(program: Program): Promise<ProgramEnd> {
  const { argv, cwd, env, mark, input, signal, started, line } = program;
  signal.throwIfAborted();
  const [file, ...rest] = argv;
  return await new Promise<ProgramEnd>((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd,
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env,
    });
    if (child.pid !== undefined) started?.(child.pid);
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) eachLine(stream, line);
    // It need not read what it is given.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (child.pid === undefined) return;
      const { pid } = child;
      endGroup(pid, 'SIGTERM');
      killer = setTimeout(() => {
        endGroup(pid, 'SIGKILL');
      }, GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(error);
    });
    let leftRunning: readonly StartedProcess[] | undefined;
    let waiting: NodeJS.Timeout | undefined;
    child.on('exit', () => {
      // What it left running would hold its output open, and outlive it.
      if (child.pid !== undefined) endGroup(child.pid, 'SIGKILL');
      waiting = setTimeout(() => {
        leftRunning = mark === undefined ? [] : processesWith(mark.variable, (value) => value === mark.value);
        endProcesses(leftRunning);
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LEFT_RUNNING_MS);
    });
    child.on('close', (status, endedBy) => {
      clearTimeout(waiting);
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
      resolve({ status, endedBy, ...(leftRunning === undefined ? {} : { leftRunning }) });
    });
  });
}
