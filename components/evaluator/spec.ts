import { Examples, Model, ModelBlessing, ModelEvaluation } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import { param, type Param, type ParamProblem, type ParamValues } from '../params.js';
import { closestName } from '../suggestion.js';

const bound = (doc: string): Param<number | undefined> => param.number({ doc, optional: true });

/** Bounds of one metric. */
const threshold = param.object(
  {
    minimum: bound('The metric must be this or more.'),
    maximum: bound('The metric must be this or less.'),
    minimum_change: bound('The metric minus that of the baseline must be this or more; −0.01 allows a small loss.'),
    maximum_change: bound('The metric minus that of the baseline must be this or less; for a loss.'),
  },
  { doc: 'Bounds of one metric; all must hold.' },
);

/** Bounds of one metric. */
export type Threshold = Readonly<
  Partial<Record<'minimum' | 'maximum' | 'minimum_change' | 'maximum_change', number | undefined>>
>;

const ofClass = (doc: string): Param<Threshold | undefined> => ({
  ...threshold,
  doc,
  optional: true,
  default: undefined,
});

const params = {
  split: param.string({
    doc: 'Split to evaluate on. Default: `test` when there is one, else `eval`.',
    optional: true,
  }),
  batch_size: param.integer({ doc: 'Examples predicted at once.', minimum: 1, maximum: 65_536, default: 256 }),
  top_k: param.list(param.integer({ doc: '', minimum: 1, maximum: 1000 }), {
    doc: 'For each k: how often the label is among the k classes that the model finds most likely (`top_5_accuracy`). Left out where there are no more than k classes.',
    default: [5],
    maxItems: 10,
  }),
  thresholds: param.record(threshold, {
    doc: 'Bounds by metric: loss, accuracy, top_<k>_accuracy, macro_… and weighted_ precision, recall, f1; for numbers loss, mean_absolute_error, root_mean_squared_error, r2.',
    default: {},
  }),
  class_thresholds: param.record(
    param.object(
      {
        precision: ofClass('Of what is taken for the class, the share that is of it.'),
        recall: ofClass('Of what is of the class, the share that is taken for it.'),
        f1: ofClass('Harmonic mean of both.'),
      },
      { doc: 'Bounds of one class.' },
    ),
    { doc: 'Bounds by class: `{cat: {recall: {minimum: 0.5}}}`.', default: {} },
  ),
} as const;

/** Metrics that a threshold can be set for. */
function metricNames(topK: readonly number[]): readonly string[] {
  const averages = ['macro', 'weighted'].flatMap((kind) =>
    ['precision', 'recall', 'f1'].map((metric) => `${kind}_${metric}`),
  );
  const regression = ['mean_squared_error', 'mean_absolute_error', 'root_mean_squared_error', 'r2'];
  return ['loss', 'accuracy', ...topK.map((k) => `top_${String(k)}_accuracy`), ...averages, ...regression];
}

function thresholdProblem(bounds: Threshold, hasBaseline: boolean): string | undefined {
  const { minimum, maximum, minimum_change, maximum_change } = bounds;
  if (Object.keys(bounds).length === 0) return 'this sets no bound: add minimum or maximum';
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) return 'minimum is above maximum';
  if (minimum_change !== undefined && maximum_change !== undefined && minimum_change > maximum_change) {
    return 'minimum_change is above maximum_change';
  }
  const comparing = minimum_change !== undefined || maximum_change !== undefined;
  return comparing && !hasBaseline ? 'there is nothing to compare with: wire the input baseline_model' : undefined;
}

function check(values: ParamValues<typeof params>, inputs: ReadonlySet<string>): readonly ParamProblem[] {
  const problems: ParamProblem[] = [];
  const checkBounds = (bounds: Threshold, path: readonly string[]): void => {
    const message = thresholdProblem(bounds, inputs.has('baseline_model'));
    if (message !== undefined) problems.push({ code: 'not-allowed', path, atKey: false, message });
  };
  const known = metricNames(values.top_k);
  for (const [metric, bounds] of Object.entries(values.thresholds)) {
    checkBounds(bounds, ['thresholds', metric]);
    if (known.includes(metric)) continue;
    const closest = closestName(metric, known);
    problems.push({
      code: 'unknown-param',
      path: ['thresholds', metric],
      atKey: true,
      message: `there is no metric '${metric}'`,
      hint: closest === undefined ? `known are: ${known.join(', ')}` : `did you mean '${closest}'?`,
    });
  }
  for (const [name, metrics] of Object.entries(values.class_thresholds)) {
    for (const [metric, bounds] of Object.entries(metrics)) {
      if (bounds !== undefined) checkBounds(bounds, ['class_thresholds', name, metric]);
    }
  }
  return problems;
}

/** Measures a model on a split and says whether it is good enough. */
export const spec = defineSpec({
  name: 'Evaluator',
  doc: 'Measures a model on a split it was not trained on, and blesses it when it meets the thresholds.',
  inputs: {
    examples: input(Examples),
    model: input(Model),
    baseline_model: input(Model, { optional: true, doc: 'A model to compare with, on the same split.' }),
  },
  outputs: { evaluation: output(ModelEvaluation), blessing: output(ModelBlessing) },
  params,
  runsIn: 'worker',
  usesBackend: true,
  splitParams: ['split'],
  check,
});
