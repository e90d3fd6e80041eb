/**
 * A split as batches of tensors: raw columns in memory (images as uint8), transformed batch by batch. The order of the
 * rows, epochs and shuffling are the caller's.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { StepError } from '../executor.js';
import { defaultTransformGraph } from '../formats/transform/default-transform.js';
import type { RawImage } from '../formats/decode-image.js';
import { readExamplesInfo, readSplit } from '../formats/examples/examples-files.js';
import type { Column, ExamplesInfo, FeatureSpec } from '../formats/examples/examples-info.js';
import {
  featureNames,
  type TransformedFeature,
  type TransformGraphFile,
} from '../formats/transform/transform-graph.js';
import { describeStepValue, rawValue } from '../formats/transform/transform-steps.js';
import { applySteps } from './apply-transform.js';
import { chooseLabel, labelValues } from './dataset-label.js';
import { numericColumn, type NumericColumn } from './numeric-column.js';
import type { TensorFlow } from './tensorflow.js';

export { defaultTransformGraph } from '../formats/transform/default-transform.js';

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
  /** The pixels of an example before the transform, for people to look at; undefined where no feature is an image. */
  image(row: number): RawImage | undefined;
  /** The values of an example before the transform, by raw feature, with images decoded: what exported models take. */
  raw(row: number): ReadonlyMap<string, NumericColumn['values']>;
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

interface InputColumn extends NumericColumn {
  /** The raw feature. */
  readonly source: string;
}

/** Shape of one example at the input: one feature as it is, several joined along their only axis. */
function joinedShape(graph: TransformGraphFile, names: readonly string[]): readonly number[] {
  const shapes = names.map((name) => graph.features[name]?.output.shape ?? []);
  const [only] = shapes;
  if (only === undefined) {
    throw new StepError('features-missing', 'the examples have no feature to learn from', 'name one in a Transform');
  }
  if (shapes.length === 1) return only;
  const wide = names.find((_, index) => shapes[index]?.length !== 1);
  if (wide !== undefined) {
    throw new StepError(
      'features-not-joinable',
      `features ${names.join(', ')} cannot be joined: '${wide}' has the shape [${graph.features[wide]?.output.shape.join(', ') ?? ''}]`,
      'a model takes one image, or any number of flat features; leave the others out in a Transform with [drop]',
    );
  }
  return [shapes.reduce((sum, [size = 0]) => sum + size, 0)];
}

/** The raw feature that a transformed one is made from, where the examples have it as the transform expects it. */
function sourceOf(feature: TransformedFeature, graph: TransformGraphFile, info: ExamplesInfo): FeatureSpec {
  const expected = graph.inputs[feature.source];
  const found = Object.hasOwn(info.features, feature.source) ? info.features[feature.source] : undefined;
  const describe = (spec: FeatureSpec | undefined): string =>
    spec === undefined ? 'nothing' : `${spec.kind} (${describeStepValue(rawValue(spec))})`;
  if (expected !== undefined && found !== undefined && describe(expected) === describe(found)) return found;
  throw new StepError(
    'transform-mismatch',
    `the transform was made for other examples: of feature '${feature.source}' it expects ${describe(expected)}, but there is ${describe(found)}`,
    'use examples of the same kind',
  );
}

/** Picks rows of a column. Pixels become float32 here, a batch at a time. */
function gather({ values, shape }: NumericColumn, rows: Uint32Array): Int32Array | Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const length = rows.length * size;
  const picked = values instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  rows.forEach((row, index) => {
    picked.set(values.subarray(row * size, (row + 1) * size), index * size);
  });
  return picked;
}

/** The values of one example. */
function valuesAt({ values, shape }: NumericColumn, row: number): NumericColumn['values'] {
  const size = shape.reduce((product, length) => product * length, 1);
  return values.subarray(row * size, (row + 1) * size);
}

function imageAt(columns: readonly InputColumn[], row: number): RawImage | undefined {
  const column = columns.find(({ values }) => values instanceof Uint8Array);
  if (column === undefined) return undefined;
  const [height = 0, width = 0, channels = 0] = column.shape;
  return { height, width, channels, pixels: valuesAt(column, row) as Uint8Array };
}

function makeBatch(
  tf: TensorFlow,
  columns: readonly InputColumn[],
  labels: Int32Array | Float32Array,
  rows: Uint32Array,
): Batch {
  const outside = rows.find((row) => row >= labels.length);
  if (outside !== undefined) throw new RangeError(`there is no example ${String(outside)}`);
  const xs = tf.tidy(() => {
    const parts = columns.map((column) => {
      const values = gather(column, rows);
      const raw = tf.tensor(values, [rows.length, ...column.shape], values instanceof Int32Array ? 'int32' : 'float32');
      return applySteps(tf, column.steps, raw);
    });
    return parts.length === 1 ? (parts[0] as Tensor) : tf.concat(parts, 1);
  });
  const picked = gather({ values: labels, shape: [], steps: [] }, rows);
  return { xs, ys: tf.tensor1d(picked, labels instanceof Int32Array ? 'int32' : 'float32') };
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
  const { tf, folder, split } = options;
  const info = await readExamplesInfo(folder);
  const graph = options.graph ?? defaultTransformGraph(info);
  const label = chooseLabel(graph, options.label);
  const features = featureNames(graph, 'feature');
  const inputShape = joinedShape(graph, features);
  const used = [...features, label].map((name) => {
    const feature = graph.features[name] as TransformedFeature;
    return { feature, spec: sourceOf(feature, graph, info) };
  });
  const data = await readSplit(folder, info, split, options.limit === undefined ? {} : { limit: options.limit });
  if (data.examples === 0) {
    throw new StepError(
      'split-empty',
      `split '${split}' has no examples`,
      'give ExampleGen more data, or split otherwise',
    );
  }
  const columnOf = (feature: TransformedFeature): Column => data.columns[feature.source] as Column;
  const columns: InputColumn[] = [];
  let labels: Int32Array | Float32Array = new Int32Array(0);
  for (const { feature, spec } of used) {
    const where = `feature '${feature.source}' of split '${split}'`;
    if (feature.role === 'label') labels = await labelValues(tf, columnOf(feature), spec, feature, where);
    else
      columns.push({
        source: feature.source,
        ...(await numericColumn(columnOf(feature), rawValue(spec), feature.steps, where)),
      });
  }
  const dataset: Dataset = {
    examples: data.examples,
    features,
    label,
    classes: graph.features[label]?.classes ?? [],
    inputShape,
    labels,
    image: (row) => imageAt(columns, row),
    raw: (row) => new Map(columns.map((column) => [column.source, valuesAt(column, row)])),
    batch: (rows) => makeBatch(tf, columns, labels, rows),
  };
  return { dataset, graph };
}
