/**
 * Runs a model over a split and measures it.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { StepError, type Progress } from '../executor.js';
import type { Dataset } from '../tensorflow/dataset.js';
import { checkModelInput, predict } from '../tensorflow/predict.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';
import { classificationTally } from './classification-metrics.js';
import type { ClassificationResult, Mistake, RegressionResult } from './evaluation.js';
import { regressionTally } from './regression-metrics.js';

/** What to measure, and how. */
export interface EvaluateOptions {
  readonly tf: TensorFlow;
  readonly model: LayersModel;
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly topK: readonly number[];
  /** How many mistakes to keep. */
  readonly keptMistakes: number;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** What came of it. */
export interface Measured {
  readonly result: ClassificationResult | RegressionResult;
  readonly mistakes: readonly Mistake[];
}

interface Tally {
  add(rows: Uint32Array, outputs: Float32Array): void;
  measured(): Measured;
}

/** Outputs an example that the model is to have. */
function outputWidth(model: LayersModel, { classes }: Dataset): number {
  const shape = model.outputs.length === 1 ? model.outputs[0]?.shape : undefined;
  const width = shape?.length === 2 ? shape[1] : undefined;
  const allowed = classes.length === 0 ? [1] : classes.length === 2 ? [2, 1] : [classes.length];
  if (typeof width === 'number' && allowed.includes(width)) return width;
  const wanted = classes.length === 0 ? 'one number' : `${String(classes.length)} classes`;
  throw new StepError(
    'model-output-unexpected',
    `the model gives ${shape === undefined ? 'several outputs' : `[${shape.slice(1).join(', ')}]`} an example, which does not fit ${wanted}`,
    `end it in Dense with ${String(allowed[0])} units`,
  );
}

function openTally({ model, dataset, topK, keptMistakes }: EvaluateOptions): Tally {
  const { labels, classes } = dataset;
  const width = outputWidth(model, dataset);
  if (labels instanceof Float32Array) {
    const tally = regressionTally(keptMistakes);
    return {
      add: (rows, outputs) => {
        tally.add(
          Float32Array.from(rows, (row) => labels[row] as number),
          outputs,
        );
      },
      measured: () => ({ result: tally.result(), mistakes: tally.mistakes() }),
    };
  }
  const tally = classificationTally(classes, width, topK, keptMistakes);
  return {
    add: (rows, outputs) => {
      tally.add(
        Int32Array.from(rows, (row) => labels[row] as number),
        outputs,
      );
    },
    measured: () => ({ result: tally.result(), mistakes: tally.mistakes() }),
  };
}

/**
 * Predicts every example once, in order.
 *
 * @throws StepError when the model does not fit the data, or its outputs are not finite
 */
export async function evaluate(options: EvaluateOptions): Promise<Measured> {
  const { tf, model, dataset, batchSize, signal, progress } = options;
  checkModelInput(model, dataset);
  const tally = openTally(options);
  const started = performance.now();
  for (let start = 0; start < dataset.examples; start += batchSize) {
    signal.throwIfAborted();
    const end = Math.min(start + batchSize, dataset.examples);
    const rows = Uint32Array.from({ length: end - start }, (_, index) => start + index);
    tally.add(rows, await predict(tf, model, dataset, rows));
    const seconds = (performance.now() - started) / 1000;
    const rate = end / seconds;
    progress({
      message: 'predicting',
      fraction: end / dataset.examples,
      rate: { value: rate, unit: 'examples' },
      etaSeconds: (dataset.examples - end) / rate,
    });
  }
  return tally.measured();
}
