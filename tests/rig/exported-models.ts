/**
 * Models of all layers that can be exported, with inputs and the outputs that TensorFlow.js computes for them.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkParams } from '../../components/params.js';
import { randomStream } from '../../components/random.js';
import type { Backend } from '../../components/tensorflow/backend.js';
import { buildModel } from '../../components/tensorflow/build-model.js';
import { inferenceGraph } from '../../components/tensorflow/inference-graph.js';
import type { InferenceGraph } from '../../components/formats/inference-graph.js';
import type { TransformGraphFile } from '../../components/formats/transform-graph.js';
import { trainingParams } from '../../components/training-params.js';
import { tf } from './tensorflow.js';

/** Layers before the last ones, by name. The input is 8 × 8 × 3. */
export const EXPORTED_LAYERS: Readonly<Record<string, readonly unknown[]>> = {
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
  'dropout and noise': [{ Dropout: { rate: 0.5 } }, { GaussianNoise: { stddev: 1 } }],
  reshape: [{ Reshape: { target_shape: [4, 16, 3] } }, { Conv2D: { filters: 2, kernel_size: 2 } }],
};

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

/** A model with what it gives for an input. */
export interface ExportedModel {
  readonly graph: InferenceGraph;
  /** uint8 of shape [examples, 8, 8, 3]. */
  readonly pixels: Uint8Array;
  readonly examples: number;
  /** float32 of shape [examples, 3]. */
  readonly expected: Float32Array;
}

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

/** Makes one of {@link EXPORTED_LAYERS}. */
export async function exportedModel(name: string): Promise<ExportedModel> {
  await tf.setBackend('cpu');
  const before = EXPORTED_LAYERS[name] ?? [];
  const isFlat = name.startsWith('global') || before.includes('Flatten');
  const layers = [...before, ...(isFlat ? [] : ['Flatten']), { Dense: { units: 3, activation: 'softmax' } }];
  const training = checkParams(trainingParams, { model: { layers } }, [], {
    problem: (problem) => {
      throw new Error(problem.message);
    },
    resource: () => undefined,
  });
  if (training === undefined) throw new Error('invalid');
  const classes = ['a', 'b', 'c'];
  const inputShape = [8, 8, 3];
  const model = await buildModel({ backend, training, inputShape, classes, seed: 3, baseDir: '.', hp: {} });
  unsettle(model);
  const examples = 4;
  const random = randomStream(1, 'pixels');
  const pixels = Uint8Array.from({ length: examples * 192 }, () => random.integer(256));
  const expected = tf.tidy(() => {
    const image = tf.tensor4d(Float32Array.from(pixels), [examples, 8, 8, 3]);
    const scaled = tf.sub(tf.div(image, 127.5), 1);
    const standardized = tf.div(tf.sub(scaled, [0.1, -0.2, 0]), tf.sqrt(tf.add([0.5, 1, 2], 1e-7)));
    return Float32Array.from((model.predict(standardized) as ReturnType<typeof tf.tensor>).dataSync());
  });
  const info = {
    version: 1,
    features: ['image'],
    label: 'label',
    classes,
    inputShape,
    outputShape: [3],
    parameters: 0,
  } as const;
  return { graph: inferenceGraph(model, info, TRANSFORM), pixels, examples, expected };
}
