/**
 * The state of a run as a pure state machine: it is told what happened to steps and answers which may start. It knows
 * names and edges only; who runs the steps, and how, is the scheduler's business.
 */

/** What can be said of a step. `abandoned`: it does not start, since another one failed or was stopped. */
export type StepState =
  'waiting' | 'ready' | 'running' | 'complete' | 'cached' | 'skipped' | 'failed' | 'canceled' | 'abandoned';

/** A step and the steps it needs. */
export interface StepEdges {
  readonly name: string;
  readonly needs: readonly string[];
}

/** What may happen to a step. */
export type StepTransition = 'start' | 'complete' | 'cached' | 'skip' | 'fail' | 'cancel' | 'abandon';

const ALLOWED: Readonly<Record<StepTransition, { from: readonly StepState[]; to: StepState }>> = {
  start: { from: ['ready'], to: 'running' },
  complete: { from: ['running'], to: 'complete' },
  cached: { from: ['ready', 'running'], to: 'cached' },
  // What needs it starts: whether that is skipped too depends on what it needs of it.
  skip: { from: ['ready', 'running'], to: 'skipped' },
  fail: { from: ['running'], to: 'failed' },
  cancel: { from: ['waiting', 'ready', 'running'], to: 'canceled' },
  // A running step too, when what it was to read is lost and cannot be made again.
  abandon: { from: ['waiting', 'ready', 'running'], to: 'abandoned' },
};

/** Steps that have no outputs, and will have none. */
const LOST: readonly StepState[] = ['failed', 'canceled', 'abandoned'];

/** Tracks the steps of one run. */
export class RunState {
  readonly #states = new Map<string, StepState>();
  readonly #needs = new Map<string, readonly string[]>();
  readonly #neededBy = new Map<string, string[]>();
  /** How many needs of a step have not finished well. */
  readonly #open = new Map<string, number>();
  /** Ready, and not yet taken. */
  readonly #ready = new Set<string>();

  /** @param steps - in an order in which every step comes after those it needs */
  constructor(steps: readonly StepEdges[]) {
    for (const { name, needs } of steps) {
      const unique = [...new Set(needs)];
      this.#needs.set(name, unique);
      this.#open.set(name, unique.length);
      this.#neededBy.set(name, []);
      for (const need of unique) {
        const dependants = this.#neededBy.get(need);
        if (dependants === undefined) throw new Error(`step ${name} comes before ${need}, which it needs`);
        dependants.push(name);
      }
      this.#set(name, unique.length === 0 ? 'ready' : 'waiting');
    }
  }

  /** Steps that may start now and were not taken before, in the order in which they became ready. */
  takeReady(): readonly string[] {
    const ready = [...this.#ready];
    this.#ready.clear();
    return ready;
  }

  state(step: string): StepState {
    const state = this.#states.get(step);
    if (state === undefined) throw new Error(`no step ${step}`);
    return state;
  }

  /** Nothing runs and nothing can start any more. */
  finished(): boolean {
    return [...this.#states.values()].every((state) => state !== 'waiting' && state !== 'ready' && state !== 'running');
  }

  /**
   * Moves a step on.
   *
   * @returns the steps that can no longer run because of it, nearest first
   * @throws Error when the step is not where the transition starts from: a defect of the scheduler
   */
  apply(step: string, transition: StepTransition): readonly string[] {
    const { from, to } = ALLOWED[transition];
    const state = this.state(step);
    if (!from.includes(state)) throw new Error(`step ${step} is ${state}: cannot ${transition}`);
    this.#set(step, to);
    if (to === 'complete' || to === 'cached' || to === 'skipped') {
      for (const dependant of this.#neededBy.get(step) ?? []) {
        const open = (this.#open.get(dependant) ?? 0) - 1;
        this.#open.set(dependant, open);
        if (open === 0 && this.state(dependant) === 'waiting') this.#set(dependant, 'ready');
      }
      return [];
    }
    return to === 'running' ? [] : this.#abandonDependants(step);
  }

  /**
   * Takes back that a step finished, because its output turned out damaged: it may start again, and those that need it
   * and have not begun, or must begin anew, wait. When it is made again already, only the consumer waits.
   *
   * @param consumer - the running step that found the damage, and needs the step
   * @returns false when the consumer cannot start again, since the step, what that needs, or something else that the
   * consumer needs has failed meanwhile; then nothing is changed
   */
  redo(step: string, consumer: string): boolean {
    const state = this.state(step);
    const dependants = this.#neededBy.get(step) ?? [];
    if (this.state(consumer) !== 'running') throw new Error(`step ${consumer} does not run`);
    if (!dependants.includes(consumer)) throw new Error(`step ${consumer} does not need ${step}`);
    if (state === 'skipped') throw new Error(`step ${step} is skipped: cannot be redone`);
    if (LOST.includes(state) || this.#hasLost(step) || this.#hasLost(consumer)) return false;
    if (state === 'complete' || state === 'cached') {
      for (const dependant of dependants) {
        this.#open.set(dependant, (this.#open.get(dependant) ?? 0) + 1);
        if (this.state(dependant) === 'ready') this.#set(dependant, 'waiting');
      }
      // What it needs itself may be made again just now.
      this.#set(step, this.#open.get(step) === 0 ? 'ready' : 'waiting');
    }
    this.#set(consumer, 'waiting');
    return true;
  }

  /** Whether something that a step needs will not be there. */
  #hasLost(step: string): boolean {
    return (this.#needs.get(step) ?? []).some((need) => LOST.includes(this.state(need)));
  }

  #abandonDependants(step: string): readonly string[] {
    const abandoned: string[] = [];
    const queue = [...(this.#neededBy.get(step) ?? [])];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (this.state(next) !== 'waiting') continue;
      this.#set(next, 'abandoned');
      abandoned.push(next);
      queue.push(...(this.#neededBy.get(next) ?? []));
    }
    return abandoned;
  }

  #set(step: string, state: StepState): void {
    this.#states.set(step, state);
    if (state === 'ready') this.#ready.add(step);
    else this.#ready.delete(step);
  }
}
