/**
 * A worker process that trains one configuration after the other, with a backend of its own, and how it ends when it is
 * not told to.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StepError, type Progress } from '../executor.js';
import { MemoryWatch, RAISE_HEAP, type ProcessEnd } from '../memory-watch.js';
import { eachLine } from '../output-lines.js';
import type { TrialOutcome } from './trial.js';
import type { TrialOrder, TrialReport, TrialSetup } from './trial-message.js';

/** Milliseconds that what a process leaves running may still hold its output open. */
const LEFT_RUNNING_MS = 500;

const WHAT = 'the process of the trial';

/** What a process says while it trains. */
export interface TrialListener {
  readonly progress: (progress: Progress) => void;
  readonly warn: (message: string) => void;
}

function brokenError({ code, message, hint }: Extract<TrialReport, { type: 'broken' }>): Error {
  return code === undefined ? new Error(message) : new StepError(code, message, hint);
}

function died({ code, signal }: ProcessEnd): StepError {
  const how = signal === null ? `ended with status ${String(code)}` : `was ended by ${signal}`;
  const hint = signal === 'SIGKILL' ? 'someone ended it, or the system had run out of memory' : undefined;
  return new StepError('worker-died', `${WHAT} ${how}`, hint);
}

function failed({ code, message, hint }: StepError): TrialOutcome {
  return { status: 'FAILED', message, died: { code, hint } };
}

/** One process of a search. */
export class TrialProcess {
  readonly #child: ChildProcess;
  #watch: MemoryWatch | undefined;
  #isSpent = false;

  constructor(setup: TrialSetup) {
    this.#child = fork(fileURLToPath(new URL('./trial-worker.js', import.meta.url)), [], {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    // Its end says more.
    this.#child.on('error', () => undefined);
    if (this.#child.stderr !== null) {
      eachLine(this.#child.stderr, (line) => {
        this.#watch?.hear(line);
        process.stderr.write(`${line}\n`);
      });
    }
    this.#child.send(setup);
  }

  /** Whether it lives, listens, and has memory. */
  get isUsable(): boolean {
    const { exitCode, signalCode, connected } = this.#child;
    return !this.#isSpent && exitCode === null && signalCode === null && connected;
  }

  /**
   * Trains a configuration. Never settles after {@link end}.
   *
   * @returns a failed trial, too, when the process dies of it
   * @throws StepError and others when no trial can be trained
   */
  async train(order: TrialOrder, listener: TrialListener): Promise<TrialOutcome> {
    const child = this.#child;
    const watch = new MemoryWatch();
    this.#watch = watch;
    let letGo: NodeJS.Timeout | undefined;
    try {
      return await new Promise<TrialOutcome>((resolve, reject) => {
        child.on('message', (report: TrialReport) => {
          switch (report.type) {
            case 'progress':
              listener.progress(report.progress);
              break;
            case 'warning':
              listener.warn(report.message);
              break;
            case 'ended':
              this.#isSpent = report.outcome.status === 'FAILED' && report.outcome.died !== undefined;
              resolve(report.outcome);
              break;
            case 'broken':
              reject(brokenError(report));
              break;
          }
        });
        child.once('exit', () => {
          letGo = setTimeout(() => child.stderr?.destroy(), LEFT_RUNNING_MS);
        });
        // All that it had to say was heard.
        child.once('close', (code, signal) => {
          const end: ProcessEnd = { code, signal };
          resolve(failed(watch.failure(WHAT, end, RAISE_HEAP) ?? died(end)));
        });
        child.send(order);
      });
    } finally {
      clearTimeout(letGo);
      child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('close');
      this.#watch = undefined;
    }
  }

  /** Ends it at once. Its training stands in its checkpoint. @returns when it is gone */
  async end(): Promise<void> {
    const child = this.#child;
    // What it said before is not heard any more: the training does not settle.
    child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('close');
    child.kill('SIGKILL');
    // One that could not be started has no number.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('exit', resolve));
  }
}
