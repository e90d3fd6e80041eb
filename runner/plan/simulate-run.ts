/**
 * A run played through without running anything: when it would end, given what each task takes. Tasks start by the rule
 * that the scheduler goes by: the same line, in the order in which they become ready.
 */
import type { Demand } from '../config/demand.js';
import type { Task } from './critical-path.js';
import { WaitingLine, type Started } from './waiting-line.js';

/** A task that takes a part of the machine while it runs. */
export interface DemandingTask extends Task {
  readonly demand: Demand;
}

/** What there is for those that run at the same time. */
export interface Capacity {
  readonly budget: Demand;
  /** How many may run at the same time. */
  readonly jobs: number;
}

interface Running {
  readonly turn: Started<DemandingTask>;
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

/** Tasks by how many of their needs have not ended, and by whom they wait for. */
class OpenTasks {
  readonly #open = new Map<string, number>();
  readonly #neededBy = new Map<string, DemandingTask[]>();

  constructor(tasks: readonly DemandingTask[]) {
    for (const task of tasks) {
      const needs = new Set(task.needs);
      this.#open.set(task.name, needs.size);
      this.#neededBy.set(task.name, []);
      for (const need of needs) {
        const dependants = this.#neededBy.get(need);
        if (dependants === undefined) throw new Error(`task ${task.name} comes before ${need}, which it needs`);
        dependants.push(task);
      }
    }
  }

  isReady({ name }: DemandingTask): boolean {
    return this.#open.get(name) === 0;
  }

  /** The tasks that become ready by the end of this one. */
  end({ name }: DemandingTask): readonly DemandingTask[] {
    return (this.#neededBy.get(name) ?? []).filter((dependant) => {
      const left = (this.#open.get(dependant.name) ?? 0) - 1;
      this.#open.set(dependant.name, left);
      return left === 0;
    });
  }
}

/**
 * The time from the first start to the last end, in milliseconds.
 *
 * @param tasks - in an order in which every task comes after those it needs; none asks for more than the whole budget
 */
export function simulateRun(tasks: readonly DemandingTask[], { budget, jobs }: Capacity): number {
  const open = new OpenTasks(tasks);
  const line = new WaitingLine<DemandingTask>(budget, jobs);
  const running: Running[] = [];
  let now = 0;
  const ready = (task: DemandingTask): void => {
    // What takes no time takes nothing else: it is there already.
    if (task.ms > 0) line.add(task, task.demand);
    else open.end(task).forEach(ready);
  };
  tasks.filter((task) => open.isReady(task)).forEach(ready);
  for (;;) {
    for (let turn = line.next(); turn !== undefined; turn = line.next()) {
      running.push({ turn, endsAt: now + turn.item.ms });
    }
    const ended = takeFirst(running);
    if (ended === undefined) return now;
    now = ended.endsAt;
    line.release(ended.turn);
    open.end(ended.turn.item).forEach(ready);
  }
}
