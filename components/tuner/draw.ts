/**
 * Draws configurations from a space, as KerasTuner's oracles do: a uniform number per hyperparameter becomes a value of
 * its range, and no configuration comes twice.
 */
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { randomStream } from '../random.js';
import type { HpValues } from '../training-params.js';
import { rangeOf, type Hyperparameter, type NumberRange, type Space } from './space.js';

type Value = HpValues[string];

/** How often a configuration that was there before is drawn anew, before the space counts as exhausted (KerasTuner). */
const MAX_COLLISIONS = 20;

/** Number of values on a grid. The tolerance lets the last one in where steps are no binary fractions. */
function gridSize({ min_value, max_value, sampling }: NumberRange, step: number): number {
  const steps = sampling === 'log' ? Math.log(max_value / min_value) / Math.log(step) : (max_value - min_value) / step;
  return Math.floor(steps + 1e-8) + 1;
}

/** A value of a grid, without the noise of binary fractions: 0.3, not 0.30000000000000004. */
function gridValue({ min_value, sampling }: NumberRange, step: number, index: number): number {
  const value = sampling === 'log' ? min_value * step ** index : min_value + index * step;
  return Number(value.toPrecision(12));
}

function indexOf(uniform: number, size: number): number {
  return Math.min(Math.floor(uniform / (1 / size)), size - 1);
}

/** Distance of an integer's or a number's values; undefined where the range is continuous. */
function stepOf(kind: 'Int' | 'Float', { step, sampling }: NumberRange): number | undefined {
  return step ?? (kind === 'Int' && sampling === 'linear' ? 1 : undefined);
}

function continuous({ min_value, max_value, sampling }: NumberRange, uniform: number): number {
  return sampling === 'log'
    ? min_value * (max_value / min_value) ** uniform
    : min_value + uniform * (max_value - min_value);
}

function drawNumber(range: NumberRange & { readonly kind: 'Int' | 'Float' }, uniform: number): number {
  const step = stepOf(range.kind, range);
  if (step !== undefined) return gridValue(range, step, indexOf(uniform, gridSize(range, step)));
  const { min_value, max_value } = range;
  const value =
    range.kind === 'Int'
      ? // One more, so that the largest integer has its share.
        Math.floor(continuous({ ...range, max_value: max_value + 1 }, uniform))
      : continuous(range, uniform);
  return Math.min(Math.max(value, min_value), max_value);
}

function chosen(values: readonly Value[], uniform: number): Value {
  const value = values[indexOf(uniform, values.length)];
  if (value === undefined) throw new Error('a choice among nothing');
  return value;
}

/** The value that a uniform number from 0 (included) to 1 (excluded) means; KerasTuner's `prob_to_value`. */
export function draw(entry: Hyperparameter, uniform: number): Value {
  const range = rangeOf(entry);
  if (range !== undefined) return drawNumber(range, uniform);
  return chosen(extremeValues(entry), uniform);
}

/** Values that stand for all of a hyperparameter when it is checked: both ends of a range, all values of the rest. */
export function extremeValues(entry: Hyperparameter): readonly Value[] {
  const range = rangeOf(entry);
  if (range !== undefined) return [drawNumber(range, 0), drawNumber(range, 1)];
  if (entry === 'Boolean' || 'Boolean' in entry) return [false, true];
  if ('Choice' in entry) return entry.Choice.values;
  if ('Fixed' in entry) return [entry.Fixed.value];
  throw new Error('a kind of hyperparameter without values');
}

/**
 * Draws configurations, all different.
 *
 * @returns fewer than `count` when the space is exhausted; at least one
 */
export function drawConfigurations(space: Space, count: number, seed: number): readonly HpValues[] {
  const configurations: HpValues[] = [];
  const known = new Set<string>();
  let collisions = 0;
  for (let drawn = 0; configurations.length < count && collisions <= MAX_COLLISIONS; drawn++) {
    // A stream per name: the order in which a file lists them makes no difference.
    const values = Object.fromEntries(
      Object.entries(space).map(([name, entry]) => [
        name,
        draw(entry, randomStream(seed, 'hyperparameter', name, drawn).uniform()),
      ]),
    );
    const key = canonicalJson(values);
    if (known.has(key)) {
      collisions++;
      continue;
    }
    known.add(key);
    configurations.push(values);
    collisions = 0;
  }
  return configurations;
}
