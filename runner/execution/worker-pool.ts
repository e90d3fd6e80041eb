/**
 * Worker processes for steps that compute: started when they are needed, kept for the next step, ended as a group.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { descendantsOf, endProcesses } from '../../artifacts/process-tree.js';
import { StepError } from '../../components/executor.js';
import { StepFailed } from './step-failure.js';
import type { Step, StepListener } from './step-host.js';
import type { WorkerOrder, WorkerReport } from './worker-message.js';

/** Milliseconds that a step has to stop by itself once it was asked to. */
const GRACE_MS = 10_000;

interface Worker {
  readonly child: ChildProcess;
  /** Takes what the current step says; undefined between steps. */
  listener: StepListener | undefined;
}

/** Ends a worker with all that it started, in a group of its own or not. */
function endWorker({ child }: Worker): void {
  if (child.pid === undefined) return;
  endProcesses(descendantsOf(child.pid));
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

function isUsable({ child }: Worker): boolean {
  return child.exitCode === null && child.signalCode === null && child.connected;
}

/** What may have been the matter, by the signal that ended a worker. */
const HINTS: Readonly<Record<string, string>> = {
  SIGKILL: 'the system may have run out of memory',
  SIGABRT: 'it may have run out of memory: its log says more; NODE_OPTIONS=--max-old-space-size=<MB> allows more',
};

function startWorker(): Worker {
  const child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [], {
    // A group of its own: what a step starts ends with it, and Ctrl-C does not reach it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const worker: Worker = { child, listener: undefined };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) {
      createInterface({ input: stream }).on('line', (line) => {
        worker.listener?.log('info', line);
      });
    }
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
  async execute(step: Step, signal: AbortSignal, listener: StepListener): Promise<void> {
    signal.throwIfAborted();
    const worker = this.#warmWorker() ?? startWorker();
    this.#busy.add(worker);
    worker.listener = listener;
    const { child } = worker;
    let killer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      if (child.connected) child.send({ type: 'abort' } satisfies WorkerOrder);
      killer = setTimeout(() => {
        endWorker(worker);
      }, GRACE_MS);
    };
    try {
      await new Promise<void>((resolve, reject) => {
        child.on('message', (report: WorkerReport) => {
          switch (report.type) {
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
            case 'done':
              resolve();
              break;
            case 'failed':
              reject(new StepFailed(report.failure));
              break;
          }
        });
        child.once('exit', (code, endedBy) => {
          const how = endedBy === null ? `ended with status ${String(code)}` : `was ended by ${endedBy}`;
          reject(new StepError('worker-died', `the process of the step ${how}`, HINTS[endedBy ?? '']));
        });
        child.once('error', reject);
        signal.addEventListener('abort', abort, { once: true });
        child.send({ type: 'execute', step } satisfies WorkerOrder);
      });
    } finally {
      clearTimeout(killer);
      signal.removeEventListener('abort', abort);
      child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
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
