/**
 * Trains configurations side by side in processes of their own, since the kernels use one core. Which one runs where makes
 * no difference for its outcome: one whose process dies is trained once more, alone, so that it has not failed for what
 * others took.
 */
import type { TrialOutcome } from './trial.js';
import type { TrialOrder, TrialSetup } from './trial-message.js';
import { TrialProcess, type TrialListener } from './trial-process.js';

/** Begins a training in a process. */
type Begin = (process: TrialProcess) => void;

/** Processes of a search, started when they are needed. */
export class TrialWorkers {
  readonly #idle: TrialProcess[] = [];
  readonly #busy = new Set<TrialProcess>();
  readonly #ending = new Set<Promise<void>>();
  readonly #waiting: Begin[] = [];
  /** Those that are to train alone; first, so that they need not wait for all others. */
  readonly #waitingAlone: Begin[] = [];
  #isAlone = false;
  #isClosed = false;

  /**
   * @param count - processes at most
   */
  constructor(
    readonly count: number,
    readonly setup: TrialSetup,
  ) {}

  /**
   * Trains a configuration, as soon as its turn has come. Never settles after {@link close}.
   *
   * @throws StepError and others when no trial can be trained
   */
  async train(order: TrialOrder, listener: TrialListener): Promise<TrialOutcome> {
    const outcome = await this.#trainIn(this.#waiting, order, listener);
    if (outcome.status === 'COMPLETED' || outcome.died === undefined) {
      this.#next();
      return outcome;
    }
    const { hint } = outcome.died;
    const help = hint === undefined ? '' : ` (${hint})`;
    listener.warn(`${outcome.message}${help}; it is trained once more, alone`);
    const again = await this.#trainIn(this.#waitingAlone, order, listener);
    this.#next();
    return again;
  }

  /**
   * Ends all processes at once. Their trainings stand in their checkpoints.
   *
   * @returns when they are gone: what they used would else count for the step that comes next
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const process of [...this.#idle.splice(0), ...this.#busy]) this.#end(process);
    await Promise.all(this.#ending);
  }

  #end(process: TrialProcess): void {
    const gone = process.end();
    this.#ending.add(gone);
    void gone.then(() => this.#ending.delete(gone));
  }

  /** Waits in a line for a process, and trains in it. */
  async #trainIn(line: Begin[], order: TrialOrder, listener: TrialListener): Promise<TrialOutcome> {
    const process = await new Promise<TrialProcess>((begin) => {
      line.push(begin);
      this.#next();
    });
    const outcome = await process.train(order, listener);
    this.#busy.delete(process);
    this.#isAlone = false;
    if (process.isUsable) this.#idle.push(process);
    else this.#end(process);
    return outcome;
  }

  /** Lets begin what may begin now. */
  #next(): void {
    while (!this.#isClosed && !this.#isAlone) {
      const alone = this.#waitingAlone.length > 0;
      if (this.#busy.size >= (alone ? 1 : this.count)) return;
      const begin = (alone ? this.#waitingAlone : this.#waiting).shift();
      if (begin === undefined) return;
      // What the idle ones hold would be missing.
      if (alone) for (const process of this.#idle.splice(0)) this.#end(process);
      this.#isAlone = alone;
      const process = this.#usable();
      this.#busy.add(process);
      begin(process);
    }
  }

  #usable(): TrialProcess {
    for (let process = this.#idle.pop(); process !== undefined; process = this.#idle.pop()) {
      if (process.isUsable) return process;
    }
    return new TrialProcess(this.setup);
  }
}
