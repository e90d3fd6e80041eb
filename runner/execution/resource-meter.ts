/**
 * Measures what the processes of one step use: a worker, which lives on, or a program that the step starts; both with all
 * that they start in turn. A step that executes in the runner's own process cannot be told from the others there.
 */
import type { ResourceUse } from '../../artifacts/metadata/records.js';
import { processTree, processUse, resetPeak } from './process-use.js';

/** Milliseconds between two looks. What a program uses between the last one and its end is not seen. */
const LOOK_MS = 100;

interface Measured {
  readonly pid: number;
  /** Whether its own peak is that of this step alone. */
  readonly ownPeak: boolean;
  readonly cpuBefore: number;
  cpuMs: number;
}

/** What is known of nothing. */
const UNKNOWN: ResourceUse = { cpuMs: undefined, peakMemoryBytes: undefined };

/** Measures one attempt at a step. */
export class ResourceMeter {
  readonly #measured: Measured[] = [];
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;
  #told = UNKNOWN;

  /** Takes a process in, from now on. */
  add(pid: number): void {
    const before = processUse(pid);
    if (before === undefined) return;
    this.#measured.push({ pid, ownPeak: resetPeak(pid), cpuBefore: before.cpuMs, cpuMs: 0 });
    this.#look();
    this.#timer ??= setInterval(() => {
      this.#look();
    }, LOOK_MS).unref();
  }

  /** Takes what a process says of itself: it stands for what cannot be seen from outside. */
  told(use: ResourceUse): void {
    this.#told = use;
  }

  /** Looks for the last time, and tells. */
  stop(): ResourceUse {
    clearInterval(this.#timer);
    if (this.#measured.length > 0) this.#look();
    // A program may have ended before the first look.
    if (this.#peak === 0) return this.#told;
    return { cpuMs: this.#measured.reduce((sum, { cpuMs }) => sum + cpuMs, 0), peakMemoryBytes: this.#peak };
  }

  #look(): void {
    let together = 0;
    for (const measured of this.#measured) {
      let cpuMs = -measured.cpuBefore;
      for (const pid of processTree(measured.pid)) {
        const use = processUse(pid);
        if (use === undefined) continue;
        cpuMs += use.cpuMs;
        together += use.memoryBytes;
        if (pid !== measured.pid || measured.ownPeak) this.#peak = Math.max(this.#peak, use.peakBytes);
      }
      // Of one that has ended, what was seen last.
      measured.cpuMs = Math.max(measured.cpuMs, cpuMs);
    }
    this.#peak = Math.max(this.#peak, together);
  }
}
