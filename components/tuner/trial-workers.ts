/**
 * Worker processes that train configurations side by side, each with a backend of its own: the kernels use one core.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StepError, type Progress } from '../executor.js';
import { MemoryWatch, RAISE_HEAP } from '../memory-watch.js';
import type { TrialOutcome } from './trial.js';
import type { TrialOrder, TrialReport, TrialSetup } from './trial-message.js';

/** What a worker says while it trains. */
export interface TrialListener {
  readonly progress: (progress: Progress) => void;
  readonly warn: (message: string) => void;
}

function brokenError({ code, message, hint }: Extract<TrialReport, { type: 'broken' }>): Error {
  return code === undefined ? new Error(message) : new StepError(code, message, hint);
}

/** Worker processes, started when they are needed. */
export class TrialWorkers {
  readonly #idle: ChildProcess[] = [];
  readonly #all: ChildProcess[] = [];
  readonly #waiting: ((worker: ChildProcess) => void)[] = [];

  /**
   * @param count - processes at most
   */
  constructor(
    readonly count: number,
    readonly setup: TrialSetup,
  ) {}

  /**
   * Trains a configuration, as soon as a worker is free. Never settles after {@link close}.
   *
   * @throws StepError and others when no trial can be trained, or when the worker died
   */
  async train(order: TrialOrder, listener: TrialListener): Promise<TrialOutcome> {
    const worker = await this.#free();
    const outcome = await this.#execute(worker, order, listener);
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(worker);
    else next(worker);
    return outcome;
  }

  /** Ends all workers at once. Their trainings stand in their checkpoints. */
  close(): void {
    for (const worker of this.#all) {
      worker.removeAllListeners('exit');
      worker.kill('SIGKILL');
    }
  }

  async #free(): Promise<ChildProcess> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.length < this.count) return this.#start();
    return await new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #start(): ChildProcess {
    const worker = fork(fileURLToPath(new URL('./trial-worker.js', import.meta.url)), [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#all.push(worker);
    worker.send(this.setup);
    return worker;
  }

  async #execute(worker: ChildProcess, order: TrialOrder, listener: TrialListener): Promise<TrialOutcome> {
    const watch = new MemoryWatch();
    try {
      return await new Promise<TrialOutcome>((resolve, reject) => {
        worker.on('message', (report: TrialReport) => {
          switch (report.type) {
            case 'progress':
              listener.progress(report.progress);
              break;
            case 'warning':
              listener.warn(report.message);
              break;
            case 'ended':
              resolve(report.outcome);
              break;
            case 'broken':
              reject(brokenError(report));
              break;
          }
        });
        worker.once('exit', (code, endedBy) => {
          const starved = watch.failure('the process of a trial', { code, signal: endedBy }, RAISE_HEAP);
          if (starved !== undefined) {
            reject(starved);
            return;
          }
          const how = endedBy === null ? `ended with status ${String(code)}` : `was ended by ${endedBy}`;
          // What it printed went to the step's log: V8 ends a process with SIGABRT when its heap is full.
          const hint =
            endedBy === 'SIGKILL'
              ? 'someone ended it, or the system had run out of memory; set parallel: 1'
              : endedBy === 'SIGABRT'
                ? RAISE_HEAP
                : undefined;
          reject(new StepError('worker-died', `the process of a trial ${how}`, hint));
        });
        worker.once('error', (error) => {
          reject(new StepError('worker-died', `the process of a trial cannot be reached: ${error.message}`));
        });
        worker.send(order);
      });
    } finally {
      worker.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
      worker.on('error', () => undefined);
    }
  }
}
