/**
 * Evaluates the model, and the baseline beside it; writes the numbers, the page and the verdict. How a model is loaded,
 * and with which backend, is the executor's business.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { StepError, type Executor, type InputArtifact } from '../executor.js';
import { writeBlessing, type Blessing } from '../formats/blessing.js';
import { heldOutSplit } from '../formats/examples/held-out-split.js';
import type { ModelInfo } from '../formats/model-info.js';
import type { TransformGraphFile } from '../formats/transform/transform-graph.js';
import type { Backend } from '../tensorflow/backend.js';
import { openDataset, type Dataset } from '../tensorflow/dataset.js';
import { evaluate, type Measured } from './evaluate.js';
import type { Evaluation, Metrics } from './evaluation.js';
import { thumbnail, type ShownMistake } from './report/mistakes-section.js';
import { reportPage } from './report/page.js';
import type { spec } from './spec.js';
import { checkClassNames, judge } from './thresholds.js';

type Context = Parameters<Executor<typeof spec>>[0];

/** Loads the model of an artifact. */
export type ModelLoader = (
  folder: string,
  backend: Backend,
) => Promise<{ readonly model: LayersModel; readonly info: ModelInfo; readonly graph: TransformGraphFile }>;

/** Mistakes that the report shows. */
const SHOWN_MISTAKES = 24;

/** Metrics that the run's summary is not filled with: they are in the file. */
const UNRECORDED = /^(weighted_|macro_precision$|macro_recall$|mean_squared_error$)/u;

/** What models are loaded with. */
export interface Tools {
  readonly backend: Backend;
  readonly load: ModelLoader;
}

interface Outcome extends Measured {
  readonly dataset: Dataset;
}

async function measure(
  artifact: InputArtifact,
  split: string,
  { backend, load }: Tools,
  context: Context,
): Promise<Outcome> {
  const { inputs, params, signal } = context;
  const { model, info, graph } = await load(artifact.path, backend);
  try {
    const { dataset } = await openDataset({
      tf: backend.tf,
      folder: inputs.examples.path,
      split,
      graph,
      label: info.label,
    });
    if (artifact === inputs.model) checkClassNames(params, dataset.classes);
    const measured = await evaluate({
      tf: backend.tf,
      model,
      dataset,
      batchSize: params.batch_size,
      topK: params.top_k,
      keptMistakes: SHOWN_MISTAKES,
      signal,
      progress: (update) => {
        context.progress(update);
      },
    });
    return { ...measured, dataset };
  } finally {
    model.dispose();
  }
}

/** Metrics of the baseline, which are compared with those of the model: it must predict the same thing. */
function comparable(model: Outcome, baseline: Outcome): Metrics {
  if (model.result.kind === baseline.result.kind && model.dataset.label === baseline.dataset.label) {
    return baseline.result.metrics;
  }
  throw new StepError(
    'baseline-incomparable',
    `the baseline predicts '${baseline.dataset.label}' (${baseline.result.kind}), the model '${model.dataset.label}' (${model.result.kind})`,
    'compare models of the same label',
  );
}

async function shownMistakes({ mistakes, dataset }: Outcome): Promise<readonly ShownMistake[]> {
  return Promise.all(
    mistakes.map(async (mistake) => ({ ...mistake, png: await thumbnail(dataset.image(mistake.row)) })),
  );
}

/**
 * Does the whole work of the Evaluator.
 *
 * @throws StepError when model, examples and params do not fit together
 */
export async function evaluateArtifacts(context: Context, tools: Tools): Promise<void> {
  const { inputs, outputs, params, log } = context;
  const { backend } = tools;
  const split = await heldOutSplit(context.inputs.examples.path, context.params.split);
  const outcome = await measure(inputs.model, split, tools, context);
  const { result, dataset } = outcome;
  const { baseline_model: baselineModel } = inputs;
  const baseline = baselineModel === undefined ? undefined : await measure(baselineModel, split, tools, context);
  const evaluation: Evaluation = {
    version: 1,
    model: inputs.model.digest,
    baseline_model: baselineModel?.digest ?? null,
    examples: inputs.examples.digest,
    split,
    count: dataset.examples,
    label: dataset.label,
    backend: { name: backend.name, version: backend.version },
    baseline_metrics: baseline === undefined ? null : comparable(outcome, baseline),
    ...result,
  };
  if (result.loss === null) {
    log.warn("the model's outputs are no probabilities, so there is no loss: end it in softmax or sigmoid");
  }
  const blessing: Blessing = {
    version: 1,
    ...judge(params, result, baseline?.result),
    model: evaluation.model,
    baseline_model: evaluation.baseline_model,
  };
  await writeFile(join(outputs.evaluation.path, 'evaluation.json'), canonicalJson(evaluation));
  const page = reportPage(evaluation, blessing, await shownMistakes(outcome));
  await writeFile(join(outputs.evaluation.path, 'report.html'), page);
  await writeBlessing(outputs.blessing.path, blessing);
  outputs.evaluation.setProperty('examples', dataset.examples);
  outputs.blessing.setProperty('blessed', blessing.blessed ? 1 : 0);
  for (const [metric, value] of Object.entries(result.metrics)) {
    if (value !== null && !UNRECORDED.test(metric)) context.metric(metric, value);
  }
  const reasons = blessing.reasons.join('; ');
  if (blessing.blessed) log.info(`the model is blessed: ${reasons}`);
  else log.warn(`the model is not blessed: ${reasons}`);
}
