import { describe, expect, test } from '@jest/globals';
import { compareOutputs } from '../../../components/tflite-converter/compare-outputs.js';

const compare = (expected: readonly number[], actual: readonly number[], width: number): unknown =>
  compareOutputs(Float32Array.from(expected), Float32Array.from(actual), width);

describe('outputs are compared', () => {
  test('by the largest difference, where it is, and the largest output', () => {
    expect(compare([0.5, 0.25, 0.25, 0, 1, 0], [0.5, 0.25, 0.25, 0.75, 0.5, 0], 3)).toEqual({
      examples: 2,
      max_difference: 0.75,
      at: 1,
      mean_difference: 1.25 / 6,
      agreement: 0.5,
    });
    expect(compare([1, 0], [1, 0], 2)).toMatchObject({ max_difference: 0, agreement: 1 });
  });

  test('relative to outputs above 1', () => {
    expect(compare([-1000, 0.5], [-1001, 0.5], 1)).toMatchObject({ max_difference: 0.001, at: 0, agreement: null });
  });

  test('what is no number is infinitely far', () => {
    for (const [expected, actual] of [
      [NaN, 0],
      [0, NaN],
      [NaN, NaN],
      [0, Infinity],
      [Infinity, Infinity],
    ] as const) {
      expect(compare([0, expected], [0, actual], 1)).toMatchObject({ max_difference: Infinity, at: 1 });
    }
  });

  test('only where there are as many', () => {
    expect(() => compare([1, 2], [1], 1)).toThrow(RangeError);
    expect(() => compare([], [], 1)).toThrow(RangeError);
  });
});
