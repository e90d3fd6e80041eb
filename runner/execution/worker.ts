/**
 * A worker process: takes steps one after the other, stays warm between them, and ends with the runner.
 */
import { executorLoader } from '../../components/registry.js';
import { stepFailure } from './step-failure.js';
import { executeStep } from './step-host.js';
import type { WorkerOrder, WorkerReport } from './worker-message.js';

let stopping = new AbortController(); // eslint-disable-line no-restricted-syntax -- this file is a program, not a module

const loadExecutor = executorLoader();

function report(message: WorkerReport): void {
  if (process.connected) process.send?.(message);
}

async function execute(step: Extract<WorkerOrder, { type: 'execute' }>['step']): Promise<void> {
  stopping = new AbortController();
  try {
    await executeStep(step, loadExecutor, stopping.signal, {
      log: (level, message) => {
        report({ type: 'log', level, message });
      },
      progress: (progress) => {
        report({ type: 'progress', progress });
      },
      metric: (name, value) => {
        report({ type: 'metric', name, value });
      },
      property: (port, name, value) => {
        report({ type: 'property', port, name, value });
      },
    });
    report({ type: 'done' });
  } catch (error) {
    report({ type: 'failed', failure: stepFailure(error) });
  }
}

process.on('message', (order: WorkerOrder) => {
  if (order.type === 'abort') stopping.abort();
  else void execute(order.step);
});
// The runner is gone: nobody waits for the outcome.
process.on('disconnect', () => {
  process.exit(1);
});
// Ctrl-C reaches the runner, which says what is to happen.
process.on('SIGINT', () => undefined);
