/**
 * Worker processes for steps that compute: started when they are needed, kept for the next step, ended as a group.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ResourceUse } from '../../artifacts/metadata/records.js';
import { descendantsOf, endProcesses } from '../../artifacts/process-tree.js';
import { StepError } from '../../components/executor.js';
import { MemoryWatch, RAISE_HEAP } from '../../components/memory-watch.js';
import { eachLine } from '../../components/output-lines.js';
import { StepFailed } from './step-failure.js';
import type { Step, StepListener } from './step-host.js';
import type { WorkerOrder, WorkerReport } from './worker-message.js';

/** Milliseconds that a step has to stop by itself once it was asked to. */
const GRACE_MS = 10_000;

/** Milliseconds that what a worker leaves running may still hold the worker's output open. */
const LEFT_RUNNING_MS = 500;

interface Worker {
  readonly child: ChildProcess;
  /** Takes what the current step says; undefined between steps. */
  listener: WorkerListener | undefined;
  /** Tells whether it ends for want of memory during that step. */
  watch: MemoryWatch | undefined;
  /** It has had a step before. */
  isWarm: boolean;
  /** Its memory ran out, and is not given back: what WebAssembly has taken stays taken. */
  isSpent: boolean;
}

/** What a step in a worker says. */
export interface WorkerListener extends StepListener {
  /** What the worker says it used. */
  used(use: ResourceUse): void;
}

const WHAT = 'the process of the step';

function workerDied(code: number | null, endedBy: NodeJS.Signals | null): StepError {
  const how = endedBy === null ? `ended with status ${String(code)}` : `was ended by ${endedBy}`;
  const hint = endedBy === 'SIGKILL' ? 'someone ended it, or the system had run out of memory' : undefined;
  return new StepError('worker-died', `${WHAT} ${how}`, hint);
}

/** Ends a worker with all that it started, in a group of its own or not. */
function endWorker({ child }: Worker): void {
  if (child.pid === undefined) return;
  const started = descendantsOf(child.pid);
  try {
    // Before what it has started: it would take their ends for theirs.
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
  endProcesses(started);
}

function isUsable({ child, isSpent }: Worker): boolean {
  return !isSpent && child.exitCode === null && child.signalCode === null && child.connected;
}

function startWorker(): Worker {
  const child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [], {
    // A group of its own: what a step starts ends with it, and Ctrl-C does not reach it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const worker: Worker = { child, listener: undefined, watch: undefined, isWarm: false, isSpent: false };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    eachLine(stream, (line) => {
      worker.watch?.hear(line);
      worker.listener?.log('info', line);
    });
  }
  return worker;
}

/** Runs steps in worker processes. */
export class WorkerPool {
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();

  /**
   * Executes a step in a worker.
   *
   * @throws StepFailed with what the step said, or when its process died
   */
  async execute(step: Step, signal: AbortSignal, listener: WorkerListener): Promise<void> {
    signal.throwIfAborted();
    const warm = this.#warmWorker();
    const began = warm !== undefined && (await this.#executeIn(warm, step, signal, listener));
    if (!began) await this.#executeIn(startWorker(), step, signal, listener);
  }

  /** @returns false when the worker was ended from outside before it began, as it may be while it waits for a step */
  async #executeIn(worker: Worker, step: Step, signal: AbortSignal, listener: WorkerListener): Promise<boolean> {
    signal.throwIfAborted();
    const isWarm = worker.isWarm;
    worker.isWarm = true;
    this.#busy.add(worker);
    const { child } = worker;
    const watch = new MemoryWatch();
    worker.listener = listener;
    worker.watch = watch;
    if (child.pid !== undefined) listener.process(child.pid);
    let killer: NodeJS.Timeout | undefined;
    let letGo: NodeJS.Timeout | undefined;
    const abort = (): void => {
      if (child.connected) child.send({ type: 'abort' } satisfies WorkerOrder);
      killer = setTimeout(() => {
        endWorker(worker);
      }, GRACE_MS);
    };
    try {
      return await new Promise<boolean>((resolve, reject) => {
        let began = false;
        child.on('message', (report: WorkerReport) => {
          switch (report.type) {
            case 'began':
              began = true;
              break;
            case 'log':
              listener.log(report.level, report.message);
              break;
            case 'progress':
              listener.progress(report.progress);
              break;
            case 'metric':
              listener.metric(report.name, report.value);
              break;
            case 'property':
              listener.property(report.port, report.name, report.value);
              break;
            case 'used':
              listener.used(report.use);
              break;
            case 'done':
              resolve(true);
              break;
            case 'failed':
              worker.isSpent = report.failure.code === 'out-of-memory';
              reject(new StepFailed(report.failure));
              break;
          }
        });
        child.once('exit', () => {
          // What it left running would hold its output open.
          endWorker(worker);
          // What has left its group is let go.
          letGo = setTimeout(() => {
            child.stdout?.destroy();
            child.stderr?.destroy();
          }, LEFT_RUNNING_MS);
        });
        // All that it had to say was heard.
        child.once('close', (code, endedBy) => {
          if (isWarm && !began) resolve(false);
          else reject(watch.failure(WHAT, { code, signal: endedBy }, RAISE_HEAP) ?? workerDied(code, endedBy));
        });
        child.on('error', (error) => {
          // A worker that ended just now cannot be told anything: its end is told by `close`.
          if (child.pid === undefined) reject(error);
        });
        signal.addEventListener('abort', abort, { once: true });
        child.send({ type: 'execute', step } satisfies WorkerOrder);
      });
    } finally {
      clearTimeout(killer);
      clearTimeout(letGo);
      signal.removeEventListener('abort', abort);
      child
        .removeAllListeners('message')
        .removeAllListeners('exit')
        .removeAllListeners('close')
        .removeAllListeners('error');
      child.on('error', () => undefined);
      worker.listener = undefined;
      this.#busy.delete(worker);
      if (isUsable(worker)) this.#idle.push(worker);
      else endWorker(worker);
    }
  }

  /** A worker that waits for a step, and has not been ended from outside meanwhile. */
  #warmWorker(): Worker | undefined {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (isUsable(worker)) return worker;
      endWorker(worker);
    }
    return undefined;
  }

  /** Ends all workers at once, with all that they started; done when they have ended. */
  async close(): Promise<void> {
    const workers = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(
      workers.map(async (worker) => {
        const { child } = worker;
        const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
        const over = isOver ? undefined : once(child, 'exit');
        endWorker(worker);
        await over;
      }),
    );
  }
}
