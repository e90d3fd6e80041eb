/**
 * What a model gives for some examples, and whether it takes them at all.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { StepError } from '../executor.js';
import type { Dataset } from './dataset.js';
import type { TensorFlow } from './tensorflow.js';

/**
 * Compares shapes of one example; what the model leaves open fits everything.
 *
 * @throws StepError `model-input-unexpected` when the model takes something else than the dataset gives
 */
export function checkModelInput(model: LayersModel, { inputShape }: Dataset): void {
  const [shape = []] = model.inputs.map((input) => input.shape.slice(1));
  const fits =
    shape.length === inputShape.length && shape.every((size, axis) => size === null || size === inputShape[axis]);
  if (model.inputs.length === 1 && fits) return;
  throw new StepError(
    'model-input-unexpected',
    `the model takes ${model.inputs.map((input) => `[${input.shape.slice(1).join(', ')}]`).join(' and ')} an example, but the transform gives [${inputShape.join(', ')}]`,
    'train the model again with this transform',
  );
}

/**
 * Predicts some examples at once.
 *
 * @param model - with one input and one output
 * @param rows - numbers of the examples
 * @returns the outputs, example by example; no tensor stays allocated
 */
export async function predict(
  tf: TensorFlow,
  model: LayersModel,
  dataset: Dataset,
  rows: Uint32Array,
): Promise<Float32Array> {
  const outputs = tf.tidy(() => {
    const { xs } = dataset.batch(rows);
    const predicted = model.predictOnBatch(xs);
    return Array.isArray(predicted) ? predicted[0] : predicted;
  });
  if (outputs === undefined) throw new Error('the model has no output');
  try {
    return Float32Array.from(await outputs.data());
  } finally {
    outputs.dispose();
  }
}
