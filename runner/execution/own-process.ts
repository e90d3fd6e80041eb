/**
 * The runner's own process, in which steps execute side by side. What it uses as a whole is a step's own only while
 * nothing else is at work in it.
 */
import type { ResourceUse } from '../../artifacts/metadata/records.js';
import { EndedChildren } from './ended-children.js';

/** Looks at what the process uses, for one step. */
export interface OwnProcessWatch {
  /** How many bytes it holds beyond what it held at the beginning. */
  look(): number;
  /** What was used since; undefined when something else was at work meanwhile. */
  stop(): ResourceUse | undefined;
}

/** Who is at work in this process, and what it uses. */
export class OwnProcess {
  readonly children = new EndedChildren();
  #atWork = 0;
  #begun = 0;

  /** Something is at work from now on. @returns call it when that is over */
  enter(): () => void {
    this.#atWork++;
    this.#begun++;
    return () => {
      this.#atWork--;
    };
  }

  /** Does something, and is at work until it is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Something goes on that nobody waits for any more. */
  leaveBehind(work: Promise<unknown>): void {
    const leave = this.enter();
    work.then(leave, leave);
  }

  /** Watches the process for the one that is at work; undefined when there are others. */
  watch(): OwnProcessWatch | undefined {
    if (this.#atWork > 1) return undefined;
    const begun = this.#begun;
    const before = process.resourceUsage();
    const memoryBefore = process.memoryUsage.rss();
    const look = (): number => Math.max(0, process.memoryUsage.rss() - memoryBefore);
    const stop = (): ResourceUse | undefined => {
      if (this.#begun !== begun) return undefined;
      const now = process.resourceUsage();
      // Its peak is known only when it had never held as much.
      const peak = now.maxRSS > before.maxRSS ? now.maxRSS * 1024 - memoryBefore : 0;
      const cpuMicroseconds = now.userCPUTime + now.systemCPUTime - before.userCPUTime - before.systemCPUTime;
      return { cpuMs: Math.round(cpuMicroseconds / 1000), peakMemoryBytes: peak };
    };
    return { look, stop };
  }
}
