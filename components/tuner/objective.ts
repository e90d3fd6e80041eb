/**
 * What a search makes better: one number of an epoch, larger or smaller.
 */
import { param, type ParamValue } from '../params.js';
import type { EpochRecord } from '../tensorflow/training-loop.js';

const name = param.choice(['val_accuracy', 'val_loss', 'accuracy', 'loss'], {
  doc: 'A number of every epoch; `val_…` is measured on the split `eval_split`.',
});

/** What a search makes better, as KerasTuner writes it: a name, or `{name, direction}`. */
export const objectiveParam = param.either(
  [
    name,
    param.object(
      { name, direction: param.choice(['min', 'max'], { doc: 'Default: min for a loss, else max.', optional: true }) },
      { doc: 'Its name and its direction.' },
    ),
  ],
  { doc: 'What is made better.', default: 'val_accuracy' },
);

/** A number of an epoch that is made large or small. */
export interface Objective {
  readonly name: ParamValue<typeof name>;
  readonly direction: 'min' | 'max';
}

/** The objective that a param means. */
export function objectiveOf(value: ParamValue<typeof objectiveParam>): Objective {
  const given = typeof value === 'string' ? { name: value, direction: undefined } : value;
  return { name: given.name, direction: given.direction ?? (given.name.endsWith('loss') ? 'min' : 'max') };
}

/** Whether a score is better than another. */
export function isBetter({ direction }: Objective, score: number, other: number): boolean {
  return direction === 'max' ? score > other : score < other;
}

/** The epoch that is best by an objective, the earliest among equals. @throws Error when none has the number */
export function bestEpoch(
  objective: Objective,
  history: readonly EpochRecord[],
): { readonly epoch: number; readonly score: number } {
  let best: { readonly epoch: number; readonly score: number } | undefined;
  for (const record of history) {
    const score = record[objective.name];
    if (score === undefined) continue;
    if (best === undefined || isBetter(objective, score, best.score)) best = { epoch: record.epoch, score };
  }
  if (best === undefined) throw new Error(`no epoch has the number ${objective.name}`);
  return best;
}
