import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classificationTally } from '../../../components/evaluator/classification-metrics.js';
import type { ClassificationResult } from '../../../components/evaluator/evaluation.js';

function measure(
  classes: readonly string[],
  labels: readonly number[],
  outputs: readonly (readonly number[])[],
  topK: readonly number[] = [],
): ClassificationResult {
  const tally = classificationTally(classes, outputs[0]?.length ?? 0, topK, 10);
  tally.add(Int32Array.from(labels), Float32Array.from(outputs.flat()));
  return tally.result();
}

/** Outputs that are sure of one class. */
const sure = (count: number, predicted: readonly number[]): number[][] =>
  predicted.map((taken) => Array.from({ length: count }, (_, index) => (index === taken ? 1 : 0)));

describe('metrics of a classifier', () => {
  test('are those of scikit-learn’s classification_report', () => {
    // The example of its documentation: y_true [0, 1, 2, 2, 2], y_pred [0, 0, 2, 2, 1].
    const result = measure(['zero', 'one', 'two'], [0, 1, 2, 2, 2], sure(3, [0, 0, 2, 2, 1]));
    expect(result.confusion_matrix).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 2],
    ]);
    expect(result.per_class).toEqual([
      { name: 'zero', support: 1, predicted: 2, precision: 0.5, recall: 1, f1: 2 / 3 },
      { name: 'one', support: 1, predicted: 1, precision: 0, recall: 0, f1: 0 },
      { name: 'two', support: 3, predicted: 2, precision: 1, recall: 2 / 3, f1: 0.8 },
    ]);
    expect(result.metrics['accuracy']).toBe(0.6);
    // The report prints 0.50 0.56 0.49 and 0.70 0.60 0.61.
    expect(result.metrics['macro_precision']).toBeCloseTo(0.5, 12);
    expect(result.metrics['macro_recall']).toBeCloseTo(5 / 9, 12);
    expect(result.metrics['macro_f1']).toBeCloseTo((2 / 3 + 0.8) / 3, 12);
    expect(result.metrics['weighted_precision']).toBeCloseTo(0.7, 12);
    expect(result.metrics['weighted_recall']).toBeCloseTo(0.6, 12);
    expect(result.metrics['weighted_f1']).toBeCloseTo((2 / 3 + 3 * 0.8) / 5, 12);
    expect(result.confusions).toEqual([
      { label: 1, predicted: 0, count: 1 },
      { label: 2, predicted: 1, count: 1 },
    ]);
  });

  test('leave classes that do not occur out of the averages', () => {
    const result = measure(['a', 'b', 'absent'], [0, 1], sure(3, [0, 1]));
    expect(result.per_class[2]).toEqual({
      name: 'absent',
      support: 0,
      predicted: 0,
      precision: null,
      recall: null,
      f1: null,
    });
    expect(result.metrics['macro_f1']).toBe(1);
  });

  test('the loss is the mean of −ln of the probability of the label', () => {
    const halves = measure(
      ['a', 'b'],
      [0, 1],
      [
        [0.5, 0.5],
        [0.75, 0.25],
      ],
    );
    expect(halves.loss).toBe('sparse_categorical_crossentropy');
    expect(halves.metrics['loss']).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 7);
    // Keras keeps probabilities 1e-7 away from 0 and 1.
    expect(measure(['a', 'b'], [0], [[0, 1]]).metrics['loss']).toBeCloseTo(-Math.log(1e-7), 6);
  });

  test('one output is the probability of the second of two classes', () => {
    const result = measure(['no', 'yes'], [1, 0, 0], [[0.75], [0.5], [0.75]]);
    expect(result.loss).toBe('binary_crossentropy');
    // 0.5 is not more than half.
    expect(result.confusion_matrix).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(result.metrics['loss']).toBeCloseTo(-(Math.log(0.75) + Math.log(0.5) + Math.log(0.25)) / 3, 7);
  });

  test('there is no loss where outputs are no probabilities', () => {
    const result = measure(
      ['a', 'b'],
      [0, 1],
      [
        [3, -2],
        [0.5, 7],
      ],
    );
    expect([result.loss, result.metrics['loss'], result.metrics['accuracy']]).toEqual([null, null, 1]);
    expect(measure(['a', 'b'], [0], [[0, 0]]).loss).toBeNull();
  });

  test('equal outputs rank in the order of their classes: a model that knows nothing gains nothing', () => {
    const equal = [0.25, 0.25, 0.25, 0.25];
    const result = measure(['a', 'b', 'c', 'd'], [0, 1, 2, 3], [equal, equal, equal, equal], [1, 2, 3, 4]);
    expect(result.metrics).toMatchObject({
      accuracy: 0.25,
      top_1_accuracy: 0.25,
      top_2_accuracy: 0.5,
      top_3_accuracy: 0.75,
    });
    // All of four classes are always among the first four.
    expect(result.metrics).not.toHaveProperty('top_4_accuracy');
  });

  test('an output that is not finite is an error that names the example', () => {
    const tally = classificationTally(['a', 'b'], 2, [], 1);
    tally.add(Int32Array.of(0, 0), Float32Array.of(1, 0, 1, 0));
    expect(() => {
      tally.add(Int32Array.of(0), Float32Array.of(NaN, 1));
    }).toThrow("the model's output for example 2 is not finite");
  });

  test('the mistakes that are kept are the surest ones, the first among equals', () => {
    const tally = classificationTally(['a', 'b'], 2, [], 2);
    tally.add(Int32Array.of(0, 0, 0, 0), Float32Array.of(0.25, 0.75, 0.1, 0.9, 1, 0, 0.25, 0.75));
    expect(tally.mistakes().map(({ row }) => row)).toEqual([1, 0]);
    // More than fit at once.
    const many = classificationTally(['a', 'b'], 2, [], 3);
    for (let index = 0; index < 5000; index++) many.add(Int32Array.of(0), Float32Array.of(0, 1 + index / 1e5));
    expect(many.mistakes().map(({ row }) => row)).toEqual([4999, 4998, 4997]);
  });

  test('hold together, whatever the outputs', () => {
    const cases = fc
      .integer({ min: 2, max: 6 })
      .chain((count) =>
        fc.array(
          fc.tuple(
            fc.nat(count - 1),
            fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
          ),
          { minLength: 1, maxLength: 40 },
        ),
      );
    fc.assert(
      fc.property(cases, (rows) => {
        const count = rows[0]?.[1].length ?? 0;
        const classes = Array.from({ length: count }, (_, index) => String(index));
        const labels = rows.map(([label]) => label);
        const result = measure(
          classes,
          labels,
          rows.map(([, outputs]) => outputs),
          [1, 2, 3],
        );
        for (const [metric, value] of Object.entries(result.metrics)) {
          if (metric === 'loss') expect(value === null || value >= 0).toBe(true);
          else expect(value).toBeGreaterThanOrEqual(0);
          if (metric !== 'loss') expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
        const matrix = result.confusion_matrix ?? [];
        const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
        expect(sum(matrix.map(sum))).toBe(rows.length);
        expect(sum(matrix.map((row, index) => row[index] ?? 0)) / rows.length).toBe(result.metrics['accuracy']);
        result.per_class.forEach(({ support, predicted }, index) => {
          expect(support).toBe(labels.filter((label) => label === index).length);
          expect(sum(matrix[index] ?? [])).toBe(support);
          expect(sum(matrix.map((row) => row[index] ?? 0))).toBe(predicted);
        });
        // Weighted recall is accuracy by definition, and so is being among the first one.
        expect(result.metrics['weighted_recall']).toBeCloseTo(result.metrics['accuracy'] ?? NaN, 12);
        expect(result.metrics['top_1_accuracy']).toBe(result.metrics['accuracy']);
        if (count > 3)
          expect(result.metrics['top_3_accuracy']).toBeGreaterThanOrEqual(result.metrics['top_2_accuracy'] ?? NaN);
      }),
    );
  });

  test('come out the same, however the examples are cut into batches', () => {
    const outputs = [
      [0.2, 0.8],
      [0.6, 0.4],
      [0.5, 0.5],
    ];
    const whole = measure(['a', 'b'], [0, 1, 1], outputs);
    const tally = classificationTally(['a', 'b'], 2, [], 10);
    outputs.forEach((row, index) => {
      tally.add(Int32Array.of([0, 1, 1][index] ?? 0), Float32Array.from(row));
    });
    expect(tally.result()).toEqual(whole);
  });

  test('with very many classes list confusions instead of a matrix', () => {
    const classes = Array.from({ length: 1001 }, (_, index) => `c${String(index)}`);
    const result = measure(classes, [1000, 5], sure(1001, [3, 5]), [5]);
    expect(result.confusion_matrix).toBeNull();
    expect(result.confusions).toEqual([{ label: 1000, predicted: 3, count: 1 }]);
    expect(result.metrics).toMatchObject({ accuracy: 0.5, top_5_accuracy: 0.5 });
  });
});
