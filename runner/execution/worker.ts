/**
 * A worker process: takes steps one after the other, stays warm between them, and ends with the runner.
 */
import type { ResourceUse } from '../../artifacts/metadata/records.js';
import { executorLoader } from '../../components/registry.js';
import { stepFailure } from './step-failure.js';
import { executeStep, type Step } from './step-host.js';
import type { WorkerOrder, WorkerReport } from './worker-message.js';

let stopping = new AbortController(); // eslint-disable-line no-restricted-syntax -- this file is a program, not a module

const loadExecutor = executorLoader();

function report(message: WorkerReport): void {
  if (process.connected) process.send?.(message);
}

/** What this process has used since; of its peak nothing is known unless it was reached meanwhile. */
function usedSince(before: NodeJS.ResourceUsage): ResourceUse {
  const now = process.resourceUsage();
  const cpuMicroseconds = now.userCPUTime + now.systemCPUTime - before.userCPUTime - before.systemCPUTime;
  return {
    cpuMs: Math.round(cpuMicroseconds / 1000),
    peakMemoryBytes: now.maxRSS > before.maxRSS ? now.maxRSS * 1024 : undefined,
  };
}

async function perform(step: Step): Promise<void> {
  const before = process.resourceUsage();
  try {
    await executeStep(step, loadExecutor, stopping.signal, {
      log: (level, message) => {
        report({ type: 'log', level, message });
      },
      progress: (progress) => {
        report({ type: 'progress', progress });
      },
      // It comes from this process, and is counted with it.
      process: () => undefined,
      metric: (name, value) => {
        report({ type: 'metric', name, value });
      },
      property: (port, name, value) => {
        report({ type: 'property', port, name, value });
      },
    });
  } finally {
    report({ type: 'used', use: usedSince(before) });
  }
}

async function execute(step: Step): Promise<void> {
  stopping = new AbortController();
  report({ type: 'began' });
  try {
    await perform(step);
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
