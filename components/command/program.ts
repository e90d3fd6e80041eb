/**
 * A program in a process group of its own, so that all that it starts ends with it. What its end means is the caller's
 * business.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Milliseconds that a program has to end by itself once it was asked to. */
const GRACE_MS = 5000;

/** Longest line that is kept, in characters. */
const LINE_LENGTH = 2000;

/** What to start, and how. */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  /** Absolute folder that it works in. */
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it finds on its standard input. Default: nothing. */
  readonly input?: string;
  /** Asks it to end, and ends it when it does not. */
  readonly signal: AbortSignal;
  /** Told of its process. */
  readonly started?: (pid: number) => void;
  /** Takes every line that it prints. */
  readonly line: (text: string) => void;
}

/** How it ended. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly endedBy: NodeJS.Signals | null;
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
export async function runProgram({ argv, cwd, env, input, signal, started, line }: Program): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const [program, ...rest] = argv;
  return await new Promise<ProgramEnd>((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd,
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env,
    });
    if (child.pid !== undefined) started?.(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', (text) => {
        line(text.slice(0, LINE_LENGTH));
      });
    }
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
    child.on('exit', () => {
      // What it left running would hold its output open, and outlive it.
      if (child.pid !== undefined) endGroup(child.pid, 'SIGKILL');
    });
    child.on('close', (status, endedBy) => {
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
      resolve({ status, endedBy });
    });
  });
}
