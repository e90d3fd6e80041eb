/**
 * A trial as a line of the log.
 */
import type { HpValues } from '../training-params.js';
import { bestEpoch, type Objective } from './objective.js';
import type { PlannedTrial, TrialOutcome } from './trial.js';

function shownValues(values: HpValues): string {
  const shown = (value: HpValues[string]): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
  return Object.entries(values)
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(', ');
}

/** `trial 0012 (epochs 3–4; units 64): val_accuracy 0.8123` */
export function describeTrial(trial: PlannedTrial, outcome: TrialOutcome, objective: Objective): string {
  const { trial_id, initial_epoch, epochs, values } = trial;
  const span = `epochs ${String(initial_epoch + 1)}–${String(epochs)}`;
  const result =
    outcome.status === 'COMPLETED'
      ? `${objective.name} ${bestEpoch(objective, outcome.history).score.toFixed(4)}`
      : `failed: ${outcome.message}`;
  return `trial ${trial_id} (${span}; ${shownValues(values)}): ${result}`;
}
