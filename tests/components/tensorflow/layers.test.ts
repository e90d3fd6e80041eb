/**
 * Every layer that params can describe, trained on every backend that npm installs.
 */
import { expect, test } from '@jest/globals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkParams } from '../../../components/params.js';
import { loadBackend } from '../../../components/tensorflow/backend.js';
import { buildModel } from '../../../components/tensorflow/build-model.js';
import { registerPlainTrainingKernels } from '../../../components/tensorflow/cpu/training-kernels.js';
import { train } from '../../../components/tensorflow/training-loop.js';
import { layerForms, trainingParams, type TrainingParams } from '../../../components/training-params.js';
import { unattended } from '../../rig/unattended-training.js';

const backend = await loadBackend(() => undefined);
const { tf } = backend;
await import('@tensorflow/tfjs-backend-cpu');
registerPlainTrainingKernels();

const INPUT = [6, 6, 2];
const CLASSES = ['a', 'b', 'c'];

/** Layers between a first convolution and a last dense layer. */
const CASES: readonly (readonly unknown[])[] = [
  [{ Conv2D: { filters: 3, kernel_size: 3, strides: 2, padding: 'same', activation: 'elu' } }],
  [{ Conv2D: { filters: 3, kernel_size: [3, 2], dilation_rate: 2, activation: 'relu' } }],
  [{ Conv2D: { filters: 3, kernel_size: 2, dilation_rate: [1, 3], padding: 'same', use_bias: false } }],
  [{ DepthwiseConv2D: { kernel_size: 3, depth_multiplier: 2, padding: 'same', activation: 'swish' } }],
  [{ SeparableConv2D: { filters: 4, kernel_size: 3, pointwise_regularizer: { l1: 0.01, l2: 0.01 } } }],
  ['BatchNormalization', 'ReLU'],
  [{ BatchNormalization: { center: false } }, 'LeakyReLU'],
  [{ BatchNormalization: { scale: false } }, 'ELU'],
  [{ BatchNormalization: { center: false, scale: false } }, { Activation: { activation: 'softsign' } }],
  [{ MaxPooling2D: { pool_size: 3, strides: 2, padding: 'same' } }],
  [{ AveragePooling2D: { pool_size: 3, strides: 2, padding: 'same' } }],
  [{ AveragePooling2D: { pool_size: 2, strides: 1, padding: 'same' } }],
  ['GlobalAveragePooling2D', { Reshape: { target_shape: [1, 4, 1] } }],
  ['GlobalMaxPooling2D', { Reshape: { target_shape: [1, 4, 1] } }],
  [{ ZeroPadding2D: { padding: 1 } }, { UpSampling2D: { size: 2, interpolation: 'nearest' } }],
  [{ UpSampling2D: { size: [2, 3], interpolation: 'bilinear' } }, { Activation: { activation: 'hard_sigmoid' } }],
  ['Softmax', { Activation: { activation: 'selu' } }],
  [{ Dense: { units: 3, activation: 'softplus' } }, { Activation: { activation: 'relu6' } }],
  [{ Activation: { activation: 'tanh' } }, { Dropout: { rate: 0 } }, { GaussianNoise: { stddev: 0 } }],
];

function paramsOf(layers: readonly unknown[]): TrainingParams {
  const checked = checkParams(trainingParams, { model: { layers }, optimizer: { SGD: { learning_rate: 0.1 } } }, [], {
    problem: ({ message }) => {
      throw new Error(message);
    },
    resource: () => undefined,
  });
  if (checked === undefined) throw new Error('invalid');
  return checked;
}

async function modelOf(between: readonly unknown[]): Promise<LayersModel> {
  const first = { Conv2D: { filters: 4, kernel_size: 1 } };
  const training = paramsOf([first, ...between, 'Flatten', { Dense: { units: 3, activation: 'softmax' } }]);
  return await buildModel({ backend, training, inputShape: INPUT, classes: CLASSES, seed: 3, baseDir: '.', hp: {} });
}

const images = (): Tensor => tf.randomNormal([5, ...INPUT], 0, 1, 'float32', 4);

/** Weights after three steps, and what the model says then. */
async function trained(between: readonly unknown[]): Promise<readonly Float32Array[]> {
  const model = await modelOf(between);
  const [xs, ys] = [images(), tf.tensor2d([0, 1, 2, 0, 1], [5, 1])];
  for (let step = 0; step < 3; step++) await model.trainOnBatch(xs, ys);
  const said = model.predict(xs) as Tensor;
  const values = await Promise.all([...model.getWeights(), said].map(async (each) => await each.data()));
  const all = values.map((each) => Float32Array.from(each));
  tf.dispose([xs, ys, said]);
  model.optimizer.dispose();
  model.dispose();
  return all;
}

test('the cases have every layer', () => {
  const used = new Set(
    CASES.flat().map((layer) => (typeof layer === 'string' ? layer : Object.keys(layer as object)[0])),
  );
  expect(Object.keys(layerForms).filter((name) => !used.has(name) && name !== 'Flatten')).toEqual([]);
});

test.each(CASES.map((layers) => [JSON.stringify(layers), layers] as const))(
  '%s train to the same weights on wasm and cpu',
  async (_, between) => {
    const results: (readonly Float32Array[])[] = [];
    for (const name of ['wasm', 'cpu']) {
      await tf.setBackend(name);
      results.push(await trained(between));
    }
    const [wasm = [], cpu = []] = results;
    expect(wasm.map(({ length }) => length)).toEqual(cpu.map(({ length }) => length));
    const apart = wasm.map((values, index) =>
      Math.max(...values.map((value, at) => Math.abs(value - (cpu[index]?.[at] ?? NaN)))),
    );
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  },
);

const DILATED = {
  conv2d: () => tf.layers.conv2d({ filters: 2, kernelSize: [3, 2], dilationRate: [2, 3] }),
  separableConv2d: () =>
    tf.layers.separableConv2d({ filters: 2, kernelSize: 3, dilationRate: [2, 2], padding: 'same' }),
};

test.each(['conv2d', 'separableConv2d'] as const)(
  'a dilated %s computes the same while it is trained, and has the gradient of what it computes',
  async (name) => {
    await tf.setBackend('cpu');
    const layer = DILATED[name]();
    const input = tf.input({ shape: INPUT });
    const model = tf.model({ inputs: input, outputs: layer.apply(input) as never });
    const values = layer.getWeights().map(({ shape }, index) => tf.randomNormal(shape, 0, 1, 'float32', index + 1));
    const start = Float32Array.from(values[0]?.dataSync() ?? []);
    const x = images();
    const loss = (training: boolean) => tf.sum(tf.square(model.apply(x, { training }) as Tensor)).asScalar();
    const at = (change: number, training: boolean): number => {
      const changed = start.map((value, index) => (index === 5 ? value + change : value));
      layer.setWeights([tf.tensor(changed, values[0]?.shape), ...values.slice(1)]);
      return loss(training).dataSync()[0] ?? NaN;
    };
    const difference = (at(0.1, false) - at(-0.1, false)) / 0.2;
    expect(at(0, true) / at(0, false)).toBeCloseTo(1, 5);
    const { grads } = tf.variableGrads(() => loss(true));
    const gradient = Object.values(grads).find(({ shape }) => String(shape) === String(values[0]?.shape));
    expect((gradient?.dataSync()[5] ?? NaN) / difference).toBeCloseTo(1, 3);
    expect(layer.getConfig()).toMatchObject({ dilationRate: name === 'conv2d' ? [2, 3] : [2, 2] });
    await tf.setBackend('wasm');
  },
);

test('recurrent layers train on sequences of one step', async () => {
  for (const name of ['wasm', 'cpu']) {
    await tf.setBackend(name);
    const first = tf.layers.dense({ units: 2, inputShape: [1, 2] });
    const model = tf.sequential({ layers: [first, tf.layers.gru({ units: 2 }), tf.layers.dense({ units: 1 })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [before] = first.getWeights().map((weight) => [...weight.dataSync()]);
    await model.trainOnBatch(tf.ones([3, 1, 2]), tf.ones([3, 1]));
    expect([...(first.getWeights()[0]?.dataSync() ?? [])]).not.toEqual(before);
  }
  await tf.setBackend('wasm');
});

test('gradients of single pieces, and of sums along any axis, are right', () => {
  const weights = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const gradientOf = (compute: (x: Tensor) => Tensor): readonly number[] => [
    ...tf.tidy(() => tf.grad((x: Tensor) => tf.sum(tf.mul(compute(x), weights)))(tf.ones([2, 3]))).dataSync(),
  ];
  expect(gradientOf((x) => tf.split(x, 1, 1)[0] as Tensor)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(gradientOf((x) => tf.unstack(tf.reshape(x, [1, 2, 3]))[0] as Tensor)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(gradientOf((x) => tf.cumsum(x, 0))).toEqual([5, 7, 9, 4, 5, 6]);
  expect(gradientOf((x) => tf.cumsum(x, 1, true))).toEqual([5, 3, 0, 11, 6, 0]);
});

test('a model that cannot be trained is said to be so', async () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 3, inputShape: [2] }), tf.layers.thresholdedReLU(), tf.layers.softmax()],
  });
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  const dataset = {
    examples: 2,
    features: ['x'],
    label: 'y',
    classes: CLASSES,
    inputShape: [2],
    labels: Int32Array.of(0, 1),
    image: () => undefined,
    raw: () => new Map<string, never>(),
    batch: () => ({ xs: tf.ones([2, 2]), ys: tf.tensor1d([0, 1], 'int32') }),
  };
  const training = train({
    backend,
    model,
    loss: 'sparse_categorical_crossentropy',
    train: dataset,
    evaluation: undefined,
    epochs: 1,
    batchSize: 2,
    seed: 1,
    ...unattended(),
  });
  await expect(training).rejects.toMatchObject({
    code: 'not-trainable',
    message:
      'the model cannot be trained on the backend wasm: Cannot compute gradient: gradient function not found for Greater.',
  });
});
