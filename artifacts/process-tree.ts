/**
 * The processes that a process has started, as Linux tells of them; elsewhere none are found.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** A running process. */
export interface StartedProcess {
  readonly pid: number;
  /** The first 15 characters of its program's name. */
  readonly name: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has just ended, or is another user's.
    return '';
  }
}

function childrenOf(pid: number): readonly number[] {
  const tasks = `/proc/${String(pid)}/task`;
  try {
    return readdirSync(tasks).flatMap((task) =>
      read(`${tasks}/${task}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function startedProcess(pid: number): StartedProcess {
  return { pid, name: read(`/proc/${String(pid)}/comm`).trim() };
}

/** All that a process has started and that still runs, directly or by others that still run. */
export function descendantsOf(pid: number): readonly StartedProcess[] {
  return childrenOf(pid).flatMap((child) => [startedProcess(child), ...descendantsOf(child)]);
}

/** All processes that have this variable with this value in the environment that they were started with. */
export function processesWith(variable: string, value: string): readonly StartedProcess[] {
  const wanted = `\0${variable}=${value}\0`;
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name) && `\0${read(`/proc/${name}/environ`)}`.includes(wanted))
      .map((name) => startedProcess(Number(name)));
  } catch {
    return [];
  }
}

/** Ends processes at once; those that are gone already are passed over. */
export function endProcesses(processes: readonly StartedProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}
