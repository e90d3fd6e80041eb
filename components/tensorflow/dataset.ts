/**
 * A split as batches of tensors: raw columns in memory (images as uint8), transformed batch by batch. The order of the
 * rows, epochs and shuffling are the caller's.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ExamplesInfo } from '../formats/examples-info.js';
import type { TransformGraphFile } from '../formats/transform-graph.js';
import type { TensorFlow } from './tensorflow.js';

/** A batch; the caller disposes both tensors. */
export interface Batch {
  /** float32 of shape [rows, ...inputShape]. */
  readonly xs: Tensor;
  /** Class indices, int32 of shape [rows]; for a regression the numbers, float32 of shape [rows]. */
  readonly ys: Tensor;
}

/** A split that a model can be trained or evaluated on. */
export interface Dataset {
  readonly examples: number;
  /** Transformed features that make up the input, in order. */
  readonly features: readonly string[];
  /** The transformed feature that is predicted. */
  readonly label: string;
  /** Names of the classes by index; empty for a regression. */
  readonly classes: readonly string[];
  /** Shape of one example at the model's input. */
  readonly inputShape: readonly number[];
  /** Class indices by row; for a regression the numbers. A one-hot encoded label is an index here too. */
  readonly labels: Int32Array | Float32Array;
  /** Transforms some examples. @param rows - their numbers, in any order, repeated or not */
  batch(rows: Uint32Array): Batch;
}

/** What to open. */
export interface DatasetOptions {
  readonly tf: TensorFlow;
  /** Of an Examples artifact. */
  readonly folder: string;
  readonly split: string;
  /** The transform to apply; without one the default one of the examples. */
  readonly graph: TransformGraphFile | undefined;
  /** The label, where the examples have several. */
  readonly label?: string | undefined;
  /** Takes only the first examples. */
  readonly limit?: number | undefined;
}

/**
 * Opens a split. Encoded images are decoded once, here.
 *
 * @returns the data, and the transform that it applies
 * @throws StepError when the split is missing or empty, the transform is for other examples, an image cannot be decoded,
 *   a label is unknown, or a number is not finite
 */
export async function openDataset(
  options: DatasetOptions,
): Promise<{ readonly dataset: Dataset; readonly graph: TransformGraphFile }> {
  await Promise.resolve(options);
  throw new Error('not yet');
}

/**
 * The transform that stands when a pipeline has none: pixels and integers are cast to float32, numbers and labels stay,
 * text is left out.
 *
 * @throws StepError for encoded images, whose size only a Transform can say
 */
export function defaultTransformGraph(info: ExamplesInfo): TransformGraphFile {
  throw new Error(`not yet: ${String(info.version)}`);
}
