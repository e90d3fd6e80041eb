/**
 * Metrics of a model of one number, from its outputs batch by batch.
 */
import { StepError } from '../executor.js';
import type { Mistake, RegressionResult } from './evaluation.js';
import { worstMistakes } from './mistakes.js';

/** Adds up how far a model is off. */
export interface RegressionTally {
  /** Takes the outputs for the next examples. @throws StepError `output-not-finite` naming the example */
  add(labels: Float32Array, outputs: Float32Array): void;
  result(): RegressionResult;
  /** The examples that the model is farthest off. */
  mistakes(): readonly Mistake[];
}

/**
 * Starts adding up.
 *
 * @param keptMistakes - how many mistakes to keep
 */
export function regressionTally(keptMistakes: number): RegressionTally {
  const worst = worstMistakes(keptMistakes);
  let examples = 0;
  let squares = 0;
  let distances = 0;
  // Of the labels, by Welford's method: what always predicting their mean would give.
  let mean = 0;
  let spread = 0;
  return {
    add: (labels, outputs) => {
      labels.forEach((label, index) => {
        const predicted = outputs[index] as number;
        if (!Number.isFinite(predicted)) {
          throw new StepError(
            'output-not-finite',
            `the model's output for example ${String(examples)} is not finite`,
            'its training has diverged: train with a lower learning rate, or standardize the features',
          );
        }
        const distance = Math.abs(predicted - label);
        if (distance > 0) worst.add({ row: examples, label, predicted, weight: distance });
        squares += distance * distance;
        distances += distance;
        examples++;
        const step = label - mean;
        mean += step / examples;
        spread += step * (label - mean);
      });
    },
    result: () => {
      const error = squares / examples;
      return {
        kind: 'regression',
        loss: 'mean_squared_error',
        metrics: {
          loss: error,
          mean_squared_error: error,
          root_mean_squared_error: Math.sqrt(error),
          mean_absolute_error: distances / examples,
          // 1 − squared error ÷ that of the mean; not defined when all labels are the same.
          r2: spread === 0 ? null : 1 - squares / spread,
        },
      };
    },
    mistakes: () => worst.worst(),
  };
}
