/**
 * How far outputs are from those that are expected.
 */
import type { Comparison } from '../formats/conversion.js';

function difference(expected: number, actual: number): number {
  const distance = Math.abs(expected - actual) / Math.max(1, Math.abs(expected));
  return Number.isNaN(distance) ? Infinity : distance;
}

/** The index of the largest value, the first one of several. */
function largest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? -Infinity) ? index : best), 0);
}

/**
 * Compares outputs.
 *
 * @param expected - example by example, `width` outputs each
 * @param actual - as many
 */
export function compareOutputs(expected: Float32Array, actual: Float32Array, width: number): Comparison {
  if (expected.length !== actual.length || expected.length === 0 || expected.length % width !== 0) {
    throw new RangeError(`${String(actual.length)} outputs for ${String(expected.length)}`);
  }
  const differences = Float64Array.from(expected, (value, index) => difference(value, actual[index] ?? NaN));
  const worst = differences.reduce((best, value, index) => (value > (differences[best] ?? 0) ? index : best), 0);
  const examples = expected.length / width;
  const example = (outputs: Float32Array, row: number): Float32Array =>
    outputs.subarray(row * width, (row + 1) * width);
  const same = Array.from({ length: examples }, (_, row) => row).filter(
    (row) => largest(example(expected, row)) === largest(example(actual, row)),
  );
  return {
    examples,
    max_difference: differences[worst] ?? 0,
    at: Math.floor(worst / width),
    mean_difference: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    agreement: width === 1 ? null : same.length / examples,
  };
}
