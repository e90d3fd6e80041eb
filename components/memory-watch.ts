/**
 * Tells a process that ended for want of memory from one that ended for another reason: the system's killer counts its
 * victims, and V8 says on its standard error that its heap is full.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from './executor.js';

/** What V8 prints before it ends a process whose heap is full. */
const HEAP_FULL = /JavaScript heap out of memory|^FATAL ERROR: .*Allocation failed/u;

/** A shell's status for a program that SIGKILL ended. */
const KILLED = 128 + 9;

/** How the limit of V8's heap is raised for processes that inherit the environment of the command. */
export const RAISE_HEAP =
  'raise its limit, in megabytes: NODE_OPTIONS=--max-old-space-size=8192 in the environment of the command';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function readable(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Files that count the victims of the killer: those of this process's own control group, of the group that a container
 * shows as the outermost, and of the whole system.
 */
function counters(root: string): readonly string[] {
  const groups = readable(join(root, 'proc/self/cgroup'))
    .split('\n')
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/u.exec(line) ?? [];
      if (path === undefined) return [];
      if (controllers === '') return [`sys/fs/cgroup${path}/memory.events`];
      return controllers?.split(',').includes('memory') === true
        ? [`sys/fs/cgroup/memory${path}/memory.oom_control`]
        : [];
    });
  const outermost = ['sys/fs/cgroup/memory.events', 'sys/fs/cgroup/memory/memory.oom_control'];
  return [...groups, ...outermost, 'proc/vmstat'].map((path) => join(root, path));
}

/**
 * How many processes the system has killed for want of memory, as the first counter has it that can be read; 0 where
 * there is none.
 *
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst (`memory.events`), cgroup-v1/memory.rst (`memory.oom_control`).
 */
function killedForMemory(root: string): number {
  for (const path of counters(root)) {
    const count = /^oom_kill (\d+)$/mu.exec(readable(path))?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
}

/** What V8 throws when typed arrays or the memory of WebAssembly cannot be had. */
const NO_ARRAY = /^Array buffer allocation failed|^Invalid typed array length: \d+$|^WebAssembly\.Memory/u;

/** What is thrown when code in WebAssembly writes where there is no memory: TensorFlow.js' does when it was given none. */
const NO_MEMORY = 'memory access out of bounds';

/** The failure that an error tells of which was thrown for want of memory; undefined for all others. */
export function memoryFailure(error: unknown): StepError | undefined {
  if (!(error instanceof Error)) return undefined;
  const isOfArrays = error instanceof RangeError && NO_ARRAY.test(error.message);
  const isOfWebAssembly = error.name === 'RuntimeError' && error.message === NO_MEMORY;
  if (!isOfArrays && !isOfWebAssembly) return undefined;
  return new StepError(
    'out-of-memory',
    `memory ran out: ${error.message}`,
    'let it work on less at once: a smaller model, or smaller batches',
  );
}

/** Watches one process, from before it starts. */
export class MemoryWatch {
  readonly #root: string;
  readonly #before: number;
  #heapFull = false;

  /** @param root - where `proc` and `sys` lie */
  constructor(root = '/') {
    this.#root = root;
    this.#before = killedForMemory(root);
  }

  /** Takes a line that the process printed. */
  hear(line: string): void {
    if (HEAP_FULL.test(line)) this.#heapFull = true;
  }

  /**
   * The failure of a process that ended for want of memory; undefined when it ended for another reason, or nothing tells.
   *
   * @param what - the process, as the message begins
   * @param raiseHeap - how its user raises the limit of V8's heap
   */
  failure(what: string, { code, signal }: ProcessEnd, raiseHeap: string): StepError | undefined {
    if (this.#heapFull && (signal !== null || (code ?? 0) > 128)) {
      return new StepError('out-of-memory', `${what} ran out of memory: its JavaScript heap was full`, raiseHeap);
    }
    if ((signal === 'SIGKILL' || code === KILLED) && killedForMemory(this.#root) > this.#before) {
      return new StepError(
        'out-of-memory',
        `${what} was killed by the system, which had run out of memory`,
        'run fewer steps at a time (--jobs 1), let it work on less at once, or give the machine or its container more memory',
      );
    }
    return undefined;
  }
}
