import { describe, expect, test } from '@jest/globals';
import { regressionTally } from '../../../components/evaluator/regression-metrics.js';

describe('metrics of a model of a number', () => {
  test('are those of scikit-learn', () => {
    // The example of r2_score's documentation: 0.948…; squared error 0.375, absolute error 0.5.
    const tally = regressionTally(2);
    tally.add(Float32Array.of(3, -0.5), Float32Array.of(2.5, 0));
    tally.add(Float32Array.of(2, 7), Float32Array.of(2, 8));
    const { metrics } = tally.result();
    expect(metrics['loss']).toBe(0.375);
    expect(metrics['mean_absolute_error']).toBe(0.5);
    expect(metrics['root_mean_squared_error']).toBeCloseTo(Math.sqrt(0.375), 12);
    expect(metrics['r2']).toBeCloseTo(0.9486081370449679, 12);
    expect(tally.mistakes()).toEqual([
      { row: 3, label: 7, predicted: 8, weight: 1 },
      { row: 0, label: 3, predicted: 2.5, weight: 0.5 },
    ]);
  });

  test('r2 is not defined where all labels are the same', () => {
    const tally = regressionTally(2);
    tally.add(Float32Array.of(3, 3), Float32Array.of(3, 4));
    expect(tally.result().metrics).toMatchObject({ loss: 0.5, r2: null });
  });

  test('an output that is not finite is an error that names the example', () => {
    const tally = regressionTally(2);
    expect(() => {
      tally.add(Float32Array.of(1, 2), Float32Array.of(1, Infinity));
    }).toThrow("the model's output for example 1 is not finite");
  });
});
