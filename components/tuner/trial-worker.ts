/**
 * A worker process of a search: trains one configuration after the other, and ends with the process that started it.
 */
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';
import { memoryFailure } from '../memory-watch.js';
import { trialTrainer, type TrainTrial } from './train-trial.js';
import type { TrialOrder, TrialReport, TrialSetup } from './trial-message.js';

function report(message: TrialReport): void {
  if (process.connected) process.send?.(message);
}

function reportBroken(error: unknown): void {
  if (error instanceof StepError)
    report({ type: 'broken', code: error.code, message: error.message, hint: error.hint });
  else
    report({
      type: 'broken',
      code: undefined,
      message: error instanceof Error ? (error.stack ?? error.message) : errorMessage(error),
      hint: undefined,
    });
}

async function execute(opened: Promise<TrainTrial>, order: TrialOrder): Promise<void> {
  try {
    const trainTrial = await opened;
    try {
      const history = await trainTrial(order, (progress) => {
        report({ type: 'progress', progress });
      });
      report({ type: 'ended', outcome: { status: 'COMPLETED', history } });
    } catch (error) {
      const starved = memoryFailure(error);
      if (starved !== undefined) {
        const { code, message, hint } = starved;
        report({ type: 'ended', outcome: { status: 'FAILED', message, died: { code, hint } } });
        return;
      }
      if (!(error instanceof StepError)) throw error;
      report({ type: 'ended', outcome: { status: 'FAILED', message: error.message } });
    }
  } catch (error) {
    reportBroken(error);
  }
}

process.once('message', (setup: TrialSetup) => {
  const opened = trialTrainer(setup, (message) => {
    report({ type: 'warning', message });
  });
  // Told to whoever gives an order.
  opened.catch(() => undefined);
  process.on('message', (order: TrialOrder) => {
    void execute(opened, order);
  });
});
// Nobody waits for the outcome.
process.on('disconnect', () => {
  process.exit(1);
});
// Ctrl-C reaches the runner, which says what is to happen.
process.on('SIGINT', () => undefined);
