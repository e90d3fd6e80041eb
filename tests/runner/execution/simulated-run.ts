/**
 * A run without steps: what the scheduler does with the state of a run, on any graph, with any outcomes, damage, stops and
 * crashes. What must always hold is checked on the way.
 */
import { RunState, type StepEdges, type StepState } from '../../../runner/execution/run-state.js';

/** What may befall a run. */
export interface Mishaps {
  /** Of a hundred executions, how many fail, are canceled, or are skipped. */
  readonly failing: number;
  readonly canceled: number;
  readonly skipped: number;
  /** How often an artifact is damaged, and how often the process dies. */
  readonly damages: number;
  readonly crashes: number;
  /** Whether, sooner or later, the user stops the run. */
  readonly stopped: boolean;
  readonly failFast: boolean;
  readonly jobs: number;
}

/** What remains of a run when its process dies: artifacts, and which of them are damaged. */
interface Store {
  readonly made: Set<string>;
  readonly damaged: Set<string>;
}

const GOOD: readonly StepState[] = ['complete', 'cached', 'skipped'];
const BAD: readonly StepState[] = ['failed', 'canceled', 'abandoned'];

/** Moves that no run may take more of. */
const MOVES = 20_000;

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** One process that runs the graph; `crashed` when it dies on the way. */
class Process {
  readonly state: RunState;
  /** Steps that were given up since what they read was lost, and could not be made again. */
  readonly withoutInputs = new Set<string>();
  readonly #queue: string[] = [];
  /** Steps that run: whether they have proved that what they read is sound. */
  readonly #running = new Map<string, 'proving' | 'executing'>();
  #stopped = false;
  #failed = false;

  constructor(
    readonly steps: readonly StepEdges[],
    readonly mishaps: Mishaps,
    readonly store: Store,
    readonly executions: Map<string, number>,
    readonly pick: (limit: number) => number,
  ) {
    this.state = new RunState(steps);
    // What is there from before is recorded at once.
    for (const { name } of steps) {
      if (this.state.state(name) === 'ready' && this.#isCached(name)) this.state.apply(name, 'cached');
    }
  }

  /** @returns false when the process died */
  run(crashes: number): boolean {
    let damages = this.mishaps.damages;
    const dies = crashes > 0 ? this.pick(4 * this.steps.length) : Infinity;
    for (let move = 0; ; move++) {
      check(move < MOVES, 'the run does not end');
      if (move === dies) return false;
      if (this.mishaps.stopped && this.pick(4 * this.steps.length) === 0) this.#stopped = true;
      if (this.#closing()) this.#queue.length = 0;
      else this.#queue.push(...this.state.takeReady());
      if (damages > 0 && this.pick(8) === 0 && this.#damageOne()) damages--;
      const mayStart = this.#queue.length > 0 && this.#running.size < this.mishaps.jobs;
      if (!mayStart && this.#running.size === 0) break;
      if (mayStart && (this.#running.size === 0 || this.pick(2) === 0)) this.#start(this.#queue.shift() ?? '');
      else this.#advance([...this.#running.keys()][this.pick(this.#running.size)] ?? '');
    }
    // Nothing may be left over that could have run.
    if (!this.#closing()) check(this.state.finished(), 'a step is left that nobody will start');
    for (const { name } of this.steps) {
      const state = this.state.state(name);
      check(state !== 'running', `${name} runs though the run has ended`);
      if (state === 'ready' || state === 'waiting') this.state.apply(name, this.#stopped ? 'cancel' : 'abandon');
    }
    check(this.state.finished(), 'the run has ended, its state has not');
    return true;
  }

  #closing(): boolean {
    return this.#stopped || (this.mishaps.failFast && this.#failed);
  }

  #needs(name: string): readonly string[] {
    return this.steps.find((step) => step.name === name)?.needs ?? [];
  }

  #isCached(name: string): boolean {
    return this.store.made.has(name) && !this.store.damaged.has(name);
  }

  #damageOne(): boolean {
    const sound = [...this.store.made].filter((name) => !this.store.damaged.has(name));
    if (sound.length === 0) return false;
    this.store.damaged.add(sound[this.pick(sound.length)] ?? '');
    return true;
  }

  #start(name: string): void {
    if (this.state.state(name) !== 'ready') return;
    check(!this.#running.has(name), `${name} is started while it runs`);
    for (const need of this.#needs(name)) {
      check(GOOD.includes(this.state.state(need)), `${name} starts before ${need}, which is ${this.state.state(need)}`);
    }
    this.state.apply(name, 'start');
    this.#running.set(name, 'proving');
  }

  #advance(name: string): void {
    if (this.#running.get(name) === 'executing') this.#end(name);
    else if (this.pick(100) < this.mishaps.skipped) this.#leave(name, 'skip');
    else if (this.#isCached(name)) this.#leave(name, 'cached');
    else this.#prove(name);
  }

  #prove(name: string): void {
    const lost = this.#needs(name).find(
      (need) => this.state.state(need) !== 'skipped' && (this.store.damaged.has(need) || !this.store.made.has(need)),
    );
    if (lost === undefined) {
      this.#running.set(name, 'executing');
      this.executions.set(name, (this.executions.get(name) ?? 0) + 1);
      return;
    }
    this.store.made.delete(lost);
    this.store.damaged.delete(lost);
    this.#running.delete(name);
    if (this.state.redo(lost, name)) return;
    this.state.apply(name, 'abandon');
    this.withoutInputs.add(name);
  }

  #end(name: string): void {
    const draw = this.pick(100);
    if (draw < this.mishaps.failing) {
      this.#failed = true;
      this.#leave(name, 'fail');
    } else if (draw < this.mishaps.failing + this.mishaps.canceled) this.#leave(name, 'cancel');
    else {
      this.store.made.add(name);
      this.store.damaged.delete(name);
      this.#leave(name, 'complete');
    }
  }

  #leave(name: string, how: 'skip' | 'cached' | 'fail' | 'cancel' | 'complete'): void {
    this.#running.delete(name);
    this.state.apply(name, how);
  }
}

/** Runs a graph, again after each crash, and checks how it ended. */
export function simulate(steps: readonly StepEdges[], mishaps: Mishaps, pick: (limit: number) => number): void {
  const store: Store = { made: new Set(), damaged: new Set() };
  const executions = new Map<string, number>();
  for (let crashes = mishaps.crashes; ; crashes--) {
    const process = new Process(steps, mishaps, store, executions, pick);
    if (!process.run(crashes)) continue;
    const stateOf = (name: string): StepState => process.state.state(name);
    const mild = mishaps.damages === 0 && mishaps.crashes === 0;
    for (const { name, needs } of steps) {
      const state = stateOf(name);
      const lost = needs.some((need) => BAD.includes(stateOf(need)));
      if (state === 'abandoned' && !mishaps.failFast && !mishaps.stopped) {
        check(lost || process.withoutInputs.has(name), `${name} is given up for nothing`);
      }
      // What had finished before a need was lost stays so.
      if (lost && mild) check(state === 'abandoned' || mishaps.stopped, `${name} is ${state} without its needs`);
      if (mild) check((executions.get(name) ?? 0) <= 1, `${name} was executed twice`);
    }
    const times = [...executions.values()].reduce((sum, count) => sum + count, 0);
    const most = steps.length + (mishaps.crashes + 1) * mishaps.damages + mishaps.crashes * mishaps.jobs;
    if (mishaps.failing + mishaps.canceled > 0) return;
    check(times <= most, `${String(times)} executions, at most ${String(most)} are needed`);
    if (!mishaps.stopped) {
      for (const { name } of steps) check(GOOD.includes(stateOf(name)), `${name} is ${stateOf(name)}`);
    }
    return;
  }
}
