/**
 * Models of all that can be exported, with inputs and the outputs that TensorFlow.js computes for them.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkParams } from '../../components/params.js';
import { randomStream } from '../../components/random.js';
import type { Backend } from '../../components/tensorflow/backend.js';
import { buildModel } from '../../components/tensorflow/build-model.js';
import { inferenceGraph } from '../../components/tensorflow/inference-graph.js';
import type { InferenceGraph } from '../../components/formats/inference-graph.js';
import type { ModelInfo } from '../../components/formats/model-info.js';
import type { TransformGraphFile } from '../../components/formats/transform/transform-graph.js';
import { trainingParams } from '../../components/training-params.js';
import { tf } from './tensorflow.js';

/** Layers before the last ones, by name. The input is 8 × 8 × 3. */
const LAYERS: Readonly<Record<string, readonly unknown[]>> = {
  conv: [{ Conv2D: { filters: 4, kernel_size: 3, activation: 'relu' } }],
  'conv same, stride 2': [{ Conv2D: { filters: 4, kernel_size: 3, strides: 2, padding: 'same', use_bias: false } }],
  'conv dilated': [{ Conv2D: { filters: 4, kernel_size: 3, dilation_rate: 2, activation: 'tanh' } }],
  depthwise: [{ DepthwiseConv2D: { kernel_size: 3, depth_multiplier: 2, padding: 'same', activation: 'relu6' } }],
  separable: [{ SeparableConv2D: { filters: 5, kernel_size: 3, activation: 'elu' } }],
  'batch normalization': [{ Conv2D: { filters: 4, kernel_size: 1 } }, 'BatchNormalization', 'ReLU'],
  'batch normalization of a depthwise convolution': [
    { DepthwiseConv2D: { kernel_size: 2, depth_multiplier: 3, use_bias: false } },
    'BatchNormalization',
  ],
  'batch normalization of pixels': ['BatchNormalization', 'ReLU'],
  'batch normalization of a dense layer': ['Flatten', { Dense: { units: 5 } }, 'BatchNormalization', 'ReLU'],
  'average pooling': [{ AveragePooling2D: { pool_size: 3, strides: 2, padding: 'same' } }],
  'max pooling': [{ MaxPooling2D: { pool_size: 2 } }],
  'global average': ['GlobalAveragePooling2D'],
  'global max': ['GlobalMaxPooling2D'],
  'zero padding': [{ ZeroPadding2D: { padding: 2 } }, { Conv2D: { filters: 2, kernel_size: 3 } }],
  activations: [
    { Activation: { activation: 'sigmoid' } },
    { LeakyReLU: { alpha: 0.1 } },
    'ELU',
    { ReLU: { max_value: 6 } },
  ],
  swish: [{ Conv2D: { filters: 2, kernel_size: 3, activation: 'swish' } }],
  'dropout and noise': [{ Dropout: { rate: 0.5 } }, { GaussianNoise: { stddev: 1 } }],
  reshape: [{ Reshape: { target_shape: [4, 16, 3] } }, { Conv2D: { filters: 2, kernel_size: 2 } }],
};

/** Layers that branch, on the same input; they end in anything of rank 2. */
const BRANCHING: Readonly<Record<string, (input: SymbolicTensor) => SymbolicTensor>> = {
  residual: (input) => {
    const conv = (filters: number, name: string, of: SymbolicTensor): SymbolicTensor =>
      tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', name }).apply(of) as SymbolicTensor;
    const stem = conv(4, 'stem', input);
    // What two layers take may not be changed for one of them.
    const normal = tf.layers.batchNormalization().apply(stem) as SymbolicTensor;
    const block = conv(4, 'block/conv', tf.layers.reLU().apply(normal) as SymbolicTensor);
    const sum = tf.layers.add().apply([block, stem, normal]) as SymbolicTensor;
    return tf.layers.globalAveragePooling2d({}).apply(tf.layers.reLU().apply(sum)) as SymbolicTensor;
  },
  'concatenated, multiplied, averaged': (input) => {
    const dense = (of: unknown): SymbolicTensor =>
      tf.layers.dense({ units: 4, activation: 'relu' }).apply(of as SymbolicTensor) as SymbolicTensor;
    const both = tf.layers.concatenate({ axis: 2 }).apply([input, input]) as SymbolicTensor;
    const flat = tf.layers.flatten().apply(both) as SymbolicTensor;
    const [a, b, c] = [dense(flat), dense(flat), dense(flat)];
    const product = tf.layers.multiply().apply([a, b]) as SymbolicTensor;
    return tf.layers
      .concatenate()
      .apply([tf.layers.average().apply([product, b, c]) as SymbolicTensor, c]) as SymbolicTensor;
  },
};

/** Names of the models. */
export const EXPORTED_MODELS: readonly string[] = [...Object.keys(LAYERS), ...Object.keys(BRANCHING), 'table'];

const backend: Backend = { tf, name: 'cpu', version: '' };

/** pixels ÷ 127.5 − 1, then standardised by channel. */
const TRANSFORM: TransformGraphFile = {
  version: 1,
  inputs: { image: { kind: 'image', encoding: 'raw', height: 8, width: 8, channels: 3 } },
  features: {
    image: {
      source: 'image',
      role: 'feature',
      steps: [
        { op: 'cast' },
        { op: 'scale', multiply: [1 / 127.5], add: [-1] },
        { op: 'standardize', mean: [0.1, -0.2, 0], variance: [0.5, 1, 2], epsilon: 1e-7 },
      ],
      output: { dtype: 'float32', shape: [8, 8, 3] },
    },
  },
};

/** Numbers and an integer, each transformed in its own way. */
const TABLE: TransformGraphFile = {
  version: 1,
  inputs: { 'Länge in cm': { kind: 'float', size: 2 }, age: { kind: 'integer' } },
  features: {
    length: {
      source: 'Länge in cm',
      role: 'feature',
      steps: [{ op: 'standardize', mean: [1, 2], variance: [4, 9], epsilon: 0 }],
      output: { dtype: 'float32', shape: [2] },
    },
    raw: { source: 'Länge in cm', role: 'feature', steps: [], output: { dtype: 'float32', shape: [2] } },
    years: {
      source: 'age',
      role: 'feature',
      steps: [{ op: 'cast' }, { op: 'scale', multiply: [0.1], add: [-2] }],
      output: { dtype: 'float32', shape: [1] },
    },
  },
};

/** A raw feature of all examples. */
export interface ExportedInput {
  readonly dtype: 'uint8' | 'float32' | 'int32';
  /** Of one example. */
  readonly shape: readonly number[];
  readonly values: Uint8Array | Float32Array | Int32Array;
}

/** A model with what it gives for an input. */
export interface ExportedModel {
  readonly graph: InferenceGraph;
  /** By name. */
  readonly inputs: Readonly<Record<string, ExportedInput>>;
  readonly examples: number;
  /** float32 of shape [examples, 3]. */
  readonly expected: Float32Array;
}

/** The values of one example, by input. */
export function exampleOf({ inputs, examples }: ExportedModel, row: number): readonly ExportedInput['values'][] {
  return Object.values(inputs).map(({ values }) => {
    const size = values.length / examples;
    return values.subarray(row * size, (row + 1) * size);
  });
}

const EXAMPLES = 4;
const CLASSES = ['a', 'b', 'c'];

/** Gives batch normalisation statistics other than 0 and 1, as a training would. */
function unsettle(model: LayersModel): void {
  const random = randomStream(5, 'weights');
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    layer.setWeights(
      layer
        .getWeights()
        .map((weight) => tf.tensor1d(Array.from({ length: weight.size }, () => 0.5 + random.uniform()))),
    );
  }
}

async function chainOf(layers: readonly unknown[], inputShape: readonly number[]): Promise<LayersModel> {
  const training = checkParams(trainingParams, { model: { layers } }, [], {
    problem: (problem) => {
      throw new Error(problem.message);
    },
    resource: () => undefined,
  });
  if (training === undefined) throw new Error('invalid');
  return await buildModel({ backend, training, inputShape, classes: CLASSES, seed: 3, baseDir: '.', hp: {} });
}

const SOFTMAX = { units: 3, activation: 'softmax' } as const;

async function pixelModel(name: string): Promise<LayersModel> {
  const inputShape = [8, 8, 3];
  const branching = BRANCHING[name];
  if (branching !== undefined) {
    const input = tf.input({ shape: inputShape, name: 'image' });
    return tf.model({ inputs: input, outputs: tf.layers.dense(SOFTMAX).apply(branching(input)) as SymbolicTensor });
  }
  const before = LAYERS[name] ?? [];
  const isFlat = name.startsWith('global') || before.includes('Flatten');
  return await chainOf([...before, ...(isFlat ? [] : ['Flatten']), { Dense: SOFTMAX }], inputShape);
}

function outputsOf(model: LayersModel, input: () => Tensor): Float32Array {
  return tf.tidy(() => Float32Array.from((model.predict(input()) as Tensor).dataSync()));
}

function infoOf(features: readonly string[], inputShape: readonly number[]): ModelInfo {
  return { version: 1, features, label: 'label', classes: CLASSES, inputShape, outputShape: [3], parameters: 0 };
}

async function tableModel(): Promise<ExportedModel> {
  const model = await chainOf([{ Dense: { units: 4, activation: 'relu' } }, { Dense: SOFTMAX }], [5]);
  const length = Float32Array.of(1, 2, 3, -4, 5.5, 6, 0, 0);
  const age = Int32Array.of(20, 31, 7, -3);
  const rows = [...age].map((years, row) => {
    const [a = 0, b = 0] = length.subarray(2 * row);
    return [(a - 1) / 2, (b - 2) / 3, a, b, years / 10 - 2];
  });
  return {
    graph: inferenceGraph(model, infoOf(['length', 'raw', 'years'], [5]), TABLE),
    inputs: {
      'Länge in cm': { dtype: 'float32', shape: [2], values: length },
      age: { dtype: 'int32', shape: [1], values: age },
    },
    examples: EXAMPLES,
    expected: outputsOf(model, () => tf.tensor2d(rows)),
  };
}

/** Makes one of {@link EXPORTED_MODELS}. */
export async function exportedModel(name: string): Promise<ExportedModel> {
  await tf.setBackend('cpu');
  if (name === 'table') return await tableModel();
  const model = await pixelModel(name);
  unsettle(model);
  const random = randomStream(1, 'pixels');
  const values = Uint8Array.from({ length: EXAMPLES * 192 }, () => random.integer(256));
  const expected = outputsOf(model, () => {
    const image = tf.tensor4d(Float32Array.from(values), [EXAMPLES, 8, 8, 3]);
    const scaled = tf.sub(tf.div(image, 127.5), 1);
    return tf.div(tf.sub(scaled, [0.1, -0.2, 0]), tf.sqrt(tf.add([0.5, 1, 2], 1e-7)));
  });
  return {
    graph: inferenceGraph(model, infoOf(['image'], [8, 8, 3]), TRANSFORM),
    inputs: { image: { dtype: 'uint8', shape: [8, 8, 3], values } },
    examples: EXAMPLES,
    expected,
  };
}
