/**
 * NaN and infinity in the numbers of examples: nothing can be learnt from them, and one spoils all that it meets.
 */
import { StepError } from '../executor.js';

/**
 * Refuses numbers that are not finite.
 *
 * @param size - numbers an example
 * @param where - of the column, for messages: `feature 'weight' of split 'train'`
 * @throws StepError `number-not-finite` that names the example
 */
export function checkFinite(values: Float32Array, size: number, where: string): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  throw new StepError(
    'number-not-finite',
    `example ${String(Math.floor(index / size))} of ${where} holds ${String(values[index])}`,
    'repair or leave out such examples',
  );
}
