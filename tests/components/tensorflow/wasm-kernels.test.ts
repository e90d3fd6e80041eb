import { describe, expect, test } from '@jest/globals';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../components/tensorflow/backend.js';
import { tf as reference } from '../../rig/tensorflow.js';

const { tf } = await loadBackend(() => undefined);

/** Computes on wasm and on the plain backend, and says how far the results are apart, by the largest value. */
async function difference(compute: () => Tensor): Promise<number> {
  const values: Float32Array[] = [];
  for (const name of ['wasm', 'cpu']) {
    await reference.setBackend(name);
    const before = reference.memory().numTensors;
    const result = tf.tidy(compute);
    values.push(Float32Array.from(await result.data()));
    result.dispose();
    expect(reference.memory().numTensors).toBe(before);
  }
  await reference.setBackend('wasm');
  const [wasm = new Float32Array(), cpu = new Float32Array()] = values;
  expect(wasm.length).toBe(cpu.length);
  const largest = Math.max(...cpu.map(Math.abs), 1e-6);
  return Math.max(...wasm.map((value, index) => Math.abs(value - (cpu[index] ?? NaN)))) / largest;
}

const image = (shape: [number, number, number, number], seed: number): Tensor4D =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

const CONVOLUTIONS = [
  { size: 8, kernel: 3, stride: 1, pad: 'same' },
  { size: 8, kernel: 3, stride: 1, pad: 'valid' },
  { size: 9, kernel: 3, stride: 2, pad: 'same' },
  { size: 8, kernel: 3, stride: 2, pad: 'same' },
  { size: 8, kernel: 3, stride: 2, pad: 'valid' },
  { size: 7, kernel: 2, stride: 3, pad: 'valid' },
  { size: 6, kernel: 1, stride: 1, pad: 'same' },
  { size: 6, kernel: 1, stride: 2, pad: 'same' },
  { size: 9, kernel: 5, stride: 1, pad: 'same' },
] as const;

describe('gradients on wasm are those of the reference backend', () => {
  test.each(CONVOLUTIONS)('convolution %j', async ({ size, kernel, stride, pad }) => {
    const x = (): Tensor4D => image([3, size, size, 4], 1);
    const filter = (): Tensor4D => image([kernel, kernel, 4, 5], 2);
    const loss = (a: Tensor4D, f: Tensor4D) => tf.sum(tf.square(tf.conv2d(a, f, stride, pad)));
    expect(await difference(() => tf.grads(loss as never)([x(), filter()])[0] as Tensor)).toBeLessThan(1e-5);
    expect(await difference(() => tf.grads(loss as never)([x(), filter()])[1] as Tensor)).toBeLessThan(1e-5);
  });

  test.each(CONVOLUTIONS)('depthwise convolution %j', async ({ size, kernel, stride, pad }) => {
    const x = (): Tensor4D => image([2, size, size, 3], 3);
    const filter = (): Tensor4D => image([kernel, kernel, 3, 2], 4);
    const loss = (a: Tensor4D, f: Tensor4D) => tf.sum(tf.square(tf.depthwiseConv2d(a, f, stride, pad)));
    expect(await difference(() => tf.grads(loss as never)([x(), filter()])[0] as Tensor)).toBeLessThan(1e-5);
    expect(await difference(() => tf.grads(loss as never)([x(), filter()])[1] as Tensor)).toBeLessThan(1e-5);
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('product of matrices, transposed: %p %p', async (first, second) => {
    const a = (): Tensor => tf.randomNormal(first ? [2, 5, 3] : [2, 3, 5], 0, 1, 'float32', 5);
    const b = (): Tensor => tf.randomNormal(second ? [2, 4, 5] : [2, 5, 4], 0, 1, 'float32', 6);
    expect(await difference(() => tf.matMul(a(), b(), first, second))).toBeLessThan(1e-5);
  });

  test('maxima that are not above 0 get their gradient too', async () => {
    const loss = (x: Tensor4D) => tf.sum(tf.maxPool(x, 2, 2, 'valid'));
    const below = (): Tensor4D => tf.tensor4d([-4, -3, -2, -1], [1, 2, 2, 1]);
    expect(await difference(() => tf.grad(loss as never)(below()))).toBe(0);
    await reference.setBackend('wasm');
    const gradient = tf.tidy(() => tf.grad(loss as never)(below()));
    expect([...(await gradient.data())]).toEqual([0, 0, 0, 1]);
    gradient.dispose();
  });

  test.each([
    { window: 2, stride: 2, pad: 'valid' },
    { window: 3, stride: 2, pad: 'same' },
    { window: 3, stride: 1, pad: 'valid' },
  ] as const)('pooling %j', async ({ window, stride, pad }) => {
    for (const pool of [tf.maxPool, tf.avgPool]) {
      const loss = (x: Tensor4D) => tf.sum(tf.square(pool(x, window, stride, pad)));
      expect(await difference(() => tf.grad(loss as never)(image([2, 7, 7, 3], 7)))).toBeLessThan(1e-5);
    }
  });

  test('sums over all but the last axis, and copies of one value a channel', async () => {
    for (const keepDims of [false, true]) {
      expect(await difference(() => tf.sum(image([3, 4, 5, 6], 8), [0, 1, 2], keepDims))).toBeLessThan(1e-5);
    }
    expect(await difference(() => tf.sum(image([3, 4, 5, 6], 8), [1, 3]))).toBeLessThan(1e-5);
    expect(await difference(() => tf.tile(image([1, 1, 1, 6], 9), [2, 3, 4, 1]))).toBe(0);
    expect(await difference(() => tf.tile(image([1, 2, 1, 6], 9), [2, 3, 4, 2]))).toBe(0);
  });
});
