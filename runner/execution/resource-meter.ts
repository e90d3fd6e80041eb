/**
 * Measures what one attempt at a step uses: the processes that work for it, a worker, which lives on, or a program that
 * the step starts, with all that they start in turn; and the runner's own process while it works for this step alone.
 */
import type { ResourceUse } from '../../artifacts/metadata/records.js';
import type { OwnProcess, OwnProcessWatch } from './own-process.js';
import { processMemory, processTree, processUse, resetPeak } from './process-use.js';

/** Milliseconds before the first looks, which come soon: the step may be a short one; and before all that follow. */
const LOOKS_MS = [1, 2, 5, 10, 20, 50];
const SLOW_LOOK_MS = 100;

/** How many of them see only the memory of the processes themselves: thousands of short steps must not wait for more. */
const GLANCES = 3;

interface Measured {
  readonly pid: number;
  /** Whether its own peak is that of this step alone. */
  readonly ownPeak: boolean;
  readonly cpuBefore: number;
  cpuMs: number;
}

/** Measures one attempt at a step. */
export class ResourceMeter {
  readonly #own: OwnProcess;
  readonly #measured: Measured[] = [];
  #inside: OwnProcessWatch | undefined;
  /** What the programs used that ended while the step executed in the runner's process. */
  #endedMs: number | undefined;
  #peak = 0;
  /** With what the runner's process holds. */
  #peakInside = 0;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #told: ResourceUse = { cpuMs: undefined, peakMemoryBytes: undefined };
  #used: ResourceUse | undefined;

  constructor(own: OwnProcess) {
    this.#own = own;
  }

  /** Takes in the runner's process while the step executes in it. */
  async inside<T>(execute: () => Promise<T>): Promise<T> {
    const over = this.#own.children.expectUntold();
    this.#inside = this.#own.watch();
    if (this.#inside !== undefined) this.#lookOn();
    try {
      return await execute();
    } finally {
      this.#endedMs = over();
    }
  }

  /** Takes in a process, from now on. */
  add(pid: number): void {
    const before = processUse(pid);
    if (before === undefined || this.#used !== undefined) return;
    this.#own.children.watch(pid);
    this.#measured.push({ pid, ownPeak: resetPeak(pid), cpuBefore: before.cpuMs, cpuMs: 0 });
    this.#peak = Math.max(this.#peak, before.memoryBytes);
    this.#lookOn();
  }

  /** Takes what a process says of itself: it stands for what cannot be seen from outside. */
  told(use: ResourceUse): void {
    this.#told = use;
  }

  /** Looks for the last time, and tells. */
  stop(): ResourceUse {
    clearTimeout(this.#timer);
    this.#used ??= this.#sum();
    return this.#used;
  }

  #sum(): ResourceUse {
    const ended = this.#measured.map(({ pid }) => this.#own.children.take(pid));
    // Of those that have ended there is nothing to be seen.
    if (this.#inside !== undefined || ended.includes(undefined)) this.#look();
    const own = this.#inside?.stop();
    const seen = this.#measured.map(({ cpuBefore, cpuMs }, index) => Math.max(cpuMs, (ended[index] ?? 0) - cpuBefore));
    const seenMs = seen.reduce((sum, cpuMs) => sum + cpuMs, 0);
    if (own !== undefined) {
      const cpuMs = (own.cpuMs ?? 0) + Math.max(seenMs, this.#endedMs ?? 0);
      return { cpuMs, peakMemoryBytes: Math.max(this.#peak, this.#peakInside, own.peakMemoryBytes ?? 0) };
    }
    // Ticks are coarser than what a worker says of itself, but count what it has started, too.
    const toldMs = this.#told.cpuMs;
    const cpuMs = seen.length === 0 ? toldMs : Math.max(seenMs, toldMs ?? 0);
    // A program may have ended before the first look.
    return { cpuMs, peakMemoryBytes: this.#peak === 0 ? this.#told.peakMemoryBytes : this.#peak };
  }

  /** Looks again and again, if it does not already. */
  #lookOn(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#looks <= GLANCES) this.#glance();
      else this.#look();
      this.#lookOn();
    }, LOOKS_MS[this.#looks++] ?? SLOW_LOOK_MS).unref();
  }

  #glance(): void {
    for (const { pid, ownPeak } of this.#measured) {
      const memory = processMemory(pid);
      if (memory !== undefined) this.#peak = Math.max(this.#peak, ownPeak ? memory.peakBytes : memory.memoryBytes);
    }
    this.#peakInside = Math.max(this.#peakInside, this.#inside?.look() ?? 0);
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
    this.#peakInside = Math.max(this.#peakInside, together + (this.#inside?.look() ?? 0));
  }
}
