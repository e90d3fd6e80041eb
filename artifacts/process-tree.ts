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

/** All processes whose environment, as they were started with it, has a variable with such a value. */
export function processesWith(variable: string, isSuch: (value: string) => boolean): readonly StartedProcess[] {
  const start = `${variable}=`;
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/u.test(name))
      .filter((name) => {
        const entries = read(`/proc/${name}/environ`).split('\0');
        return entries.some((entry) => entry.startsWith(start) && isSuch(entry.slice(start.length)));
      })
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
