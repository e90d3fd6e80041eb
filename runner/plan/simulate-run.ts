/**
 * A run played through without running anything: when it would end, given what each task takes. It starts tasks as the
 * scheduler does: in the order in which they become ready, as many at a time as are allowed.
 */
import type { Task } from './critical-path.js';

interface Running {
  readonly name: string;
  readonly endsAt: number;
}

/** Takes out the task that ends first; among equals the one that began first. */
function takeFirst(running: Running[]): Running | undefined {
  let first = 0;
  running.forEach(({ endsAt }, index) => {
    if (endsAt < (running[first]?.endsAt ?? Infinity)) first = index;
  });
  return running.splice(first, 1)[0];
}

/**
 * The time from the first start to the last end, in milliseconds.
 *
 * @param tasks - in an order in which every task comes after those it needs; one of 0 ms occupies no worker
 * @param jobs - tasks that run at the same time
 */
export function simulateRun(tasks: readonly Task[], jobs: number): number {
  const duration = new Map(tasks.map(({ name, ms }) => [name, ms]));
  const open = new Map<string, number>();
  const neededBy = new Map<string, string[]>();
  for (const { name, needs } of tasks) {
    const unique = new Set(needs);
    open.set(name, unique.size);
    neededBy.set(name, []);
    for (const need of unique) {
      const dependants = neededBy.get(need);
      if (dependants === undefined) throw new Error(`task ${name} comes before ${need}, which it needs`);
      dependants.push(name);
    }
  }
  const ready = tasks.filter(({ name }) => open.get(name) === 0).map(({ name }) => name);
  const running: Running[] = [];
  let now = 0;
  let started = 0;
  const end = (name: string): void => {
    for (const dependant of neededBy.get(name) ?? []) {
      const left = (open.get(dependant) ?? 0) - 1;
      open.set(dependant, left);
      if (left === 0) ready.push(dependant);
    }
  };
  for (;;) {
    for (let name = ready[started]; name !== undefined && running.length < jobs; name = ready[++started]) {
      const ms = duration.get(name) ?? 0;
      if (ms === 0) end(name);
      else running.push({ name, endsAt: now + ms });
    }
    const next = takeFirst(running);
    if (next === undefined) return now;
    now = next.endsAt;
    end(next.name);
  }
}
