/**
 * Tells what programs used that this process started and that have ended: Linux adds it up for all of them together, in
 * full, when their ends are taken note of. It is known of one alone when no other has ended since it was last read.
 */
import { endedChildrenCpuMs } from './process-use.js';

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What the ended children of this process used. */
export class EndedChildren {
  readonly #watched = new Set<number>();
  readonly #cpuMs = new Map<number, number>();
  #lastRead = endedChildrenCpuMs();
  /** Parts of this process that may start programs and not tell. */
  #untold = 0;
  /** Whether no child can have ended since that was read. */
  #isCurrent = true;

  /** Takes in a child that has just begun. */
  watch(pid: number): void {
    this.#isCurrent = false;
    this.#watched.add(pid);
    this.#cpuMs.delete(pid);
  }

  /** From now on children may end that nobody has told of. @returns call it when that is over: what all used meanwhile */
  expectUntold(): () => number | undefined {
    if (!this.#isCurrent) this.#read();
    const before = this.#lastRead;
    this.#isCurrent = false;
    this.#untold++;
    return () => {
      this.#read();
      this.#untold--;
      this.#isCurrent = this.#untold === 0 && this.#watched.size === 0;
      return before === undefined || this.#lastRead === undefined ? undefined : this.#lastRead - before;
    };
  }

  /** Milliseconds on processors of a child and of what it has waited for; undefined when it lives, or cannot be told. */
  take(pid: number): number | undefined {
    this.#read();
    const cpuMs = this.#cpuMs.get(pid);
    this.#cpuMs.delete(pid);
    return cpuMs;
  }

  #read(): void {
    // What has ended but was not taken note of still exists.
    const ended = [...this.#watched].filter((pid) => !exists(pid));
    const now = endedChildrenCpuMs();
    const [only, ...others] = ended;
    const isSure = this.#untold === 0 && others.length === 0;
    if (only !== undefined && isSure && now !== undefined && this.#lastRead !== undefined) {
      this.#cpuMs.set(only, now - this.#lastRead);
    }
    for (const pid of ended) this.#watched.delete(pid);
    this.#lastRead = now;
  }
}
