import { describe, expect, test } from '@jest/globals';
import type { ClassificationResult, ClassMetrics } from '../../../components/evaluator/evaluation.js';
import { checkClassNames, judge, type Thresholds } from '../../../components/evaluator/thresholds.js';
import { spec } from '../../../components/evaluator/spec.js';
import { checkParams } from '../../../components/params.js';

const cat: ClassMetrics = { name: 'cat', support: 10, predicted: 8, precision: 0.75, recall: 0.6, f1: 2 / 3 };

function result(
  metrics: Record<string, number | null>,
  classes: readonly ClassMetrics[] = [cat],
): ClassificationResult {
  return { kind: 'classification', loss: null, metrics, per_class: classes, confusion_matrix: null, confusions: [] };
}

const wanted = (thresholds: Thresholds['thresholds'], classes: Thresholds['class_thresholds'] = {}): Thresholds => ({
  thresholds,
  class_thresholds: classes,
});

describe('a verdict', () => {
  test('bounds are part of what is allowed', () => {
    const { blessed, reasons, checks } = judge(
      wanted({ accuracy: { minimum: 0.85, maximum: 0.85 } }),
      result({ accuracy: 0.85 }),
      undefined,
    );
    expect(blessed).toBe(true);
    expect(reasons).toEqual([
      'accuracy is 0.85, as the minimum of 0.85 allows',
      'accuracy is 0.85, as the maximum of 0.85 allows',
    ]);
    expect(checks[0]).toEqual({ metric: 'accuracy', bound: 'minimum', limit: 0.85, value: 0.85, passed: true });
  });

  test('gives as reasons what failed, with digits enough to see it', () => {
    const { blessed, reasons } = judge(
      wanted(
        { accuracy: { minimum: 0.85 }, loss: { maximum: 1 } },
        { cat: { recall: { minimum: 0.7 }, f1: { maximum: 1 } } },
      ),
      result({ accuracy: 0.8499999999, loss: 0.5 }),
      undefined,
    );
    expect(blessed).toBe(false);
    expect(reasons).toEqual([
      'accuracy is 0.8499999999, below the minimum of 0.85',
      'recall of cat is 0.6, below the minimum of 0.7',
    ]);
  });

  test('without thresholds is no blessing', () => {
    expect(judge(wanted({}), result({ accuracy: 1 }), undefined)).toMatchObject({
      blessed: false,
      reasons: [expect.stringContaining('no thresholds are set')],
      checks: [],
    });
  });

  test('on a metric that is not defined is no blessing', () => {
    const absent = { ...cat, recall: null };
    const thresholds = wanted({ loss: { maximum: 9 }, r2: { minimum: 0 } }, { cat: { recall: { minimum: 0 } } });
    const { blessed, reasons } = judge(thresholds, result({ loss: null }, [absent]), undefined);
    expect([blessed, reasons]).toEqual([
      false,
      ['loss is not defined', 'r2 is not defined', 'recall of cat is not defined'],
    ]);
  });

  test('lets a first model pass that has no baseline yet, by its other bounds', () => {
    const thresholds = { thresholds: { accuracy: { minimum_change: 0 } }, class_thresholds: {} };
    const reasons = ['there is no baseline model yet to compare with'];
    expect(judge(thresholds, result({ accuracy: 0.5 }), undefined)).toEqual({ blessed: true, reasons, checks: [] });
    const both = { ...thresholds, thresholds: { accuracy: { minimum_change: 0, minimum: 0.6 } } };
    expect(judge(both, result({ accuracy: 0.5 }), undefined)).toMatchObject({
      blessed: false,
      reasons: ['accuracy is 0.5, below the minimum of 0.6', ...reasons],
    });
  });

  test('compares with a baseline', () => {
    const thresholds = wanted(
      { accuracy: { minimum_change: -0.25 }, loss: { maximum_change: 0 } },
      { cat: { f1: { minimum_change: 0.5 } } },
    );
    const baseline = result({ accuracy: 0.75, loss: 1 }, [{ ...cat, f1: 1 }]);
    expect(judge(thresholds, result({ accuracy: 0.5, loss: 1 }, [{ ...cat, f1: 0.25 }]), baseline).reasons).toEqual([
      'the change of f1 of cat against the baseline is -0.75, below the minimum of 0.5',
    ]);
    expect(judge(thresholds, result({ accuracy: 0.5, loss: 1.5 }), result({ accuracy: 0.5 })).reasons).toContain(
      'the change of loss against the baseline is not defined',
    );
  });

  test('needs classes that exist', () => {
    const thresholds = wanted({}, { kat: { recall: { minimum: 1 } } });
    expect(() => {
      checkClassNames(thresholds, ['cat', 'dog']);
    }).toThrow("'kat', which is no class");
    expect(() => {
      checkClassNames(thresholds, ['kat']);
    }).not.toThrow();
  });
});

describe('params of the Evaluator', () => {
  const problems = (params: Record<string, unknown>, inputs: readonly string[] = []): readonly unknown[] => {
    const report = {
      problem: (problem: unknown) => {
        throw new Error(JSON.stringify(problem));
      },
      resource: () => undefined,
    };
    return spec.check(checkParams(spec.params, params, [], report) as never, new Set(inputs));
  };

  test('name metrics that there are', () => {
    expect(
      problems({ thresholds: { top_5_accuracy: { minimum: 0.9 }, macro_f1: { minimum: 0.1 }, r2: { minimum: 0 } } }),
    ).toEqual([]);
    expect(problems({ thresholds: { acuracy: { minimum: 0.9 }, top_3_accuracy: { minimum: 1 } } })).toEqual([
      {
        code: 'unknown-param',
        path: ['thresholds', 'acuracy'],
        atKey: true,
        message: "there is no metric 'acuracy'",
        hint: "did you mean 'accuracy'?",
      },
      {
        code: 'unknown-param',
        path: ['thresholds', 'top_3_accuracy'],
        atKey: true,
        message: "there is no metric 'top_3_accuracy'",
        hint: "did you mean 'top_5_accuracy'?",
      },
    ]);
  });

  test('set bounds that can hold, and be compared', () => {
    const message = (params: Record<string, unknown>, inputs?: readonly string[]): unknown =>
      problems(params, inputs)[0];
    expect(message({ thresholds: { loss: {} } })).toMatchObject({
      path: ['thresholds', 'loss'],
      message: expect.stringContaining('sets no bound'),
    });
    expect(message({ thresholds: { loss: { minimum: 2, maximum: 1 } } })).toMatchObject({
      message: 'minimum is above maximum',
    });
    const change = { class_thresholds: { cat: { f1: { minimum_change: 0 } } } };
    expect(message(change)).toMatchObject({
      path: ['class_thresholds', 'cat', 'f1'],
      message: expect.stringContaining('wire the input baseline_model'),
    });
    expect(message(change, ['baseline_model'])).toBeUndefined();
  });
});
