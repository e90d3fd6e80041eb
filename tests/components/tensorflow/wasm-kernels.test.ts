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

test('a backend that is loaded again keeps its kernels: they are not wrapped once more', async () => {
  const before = tf.getKernel('Sum', 'wasm').kernelFunc;
  await loadBackend(() => undefined);
  expect(tf.getKernel('Sum', 'wasm').kernelFunc).toBe(before);
});

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

  test('rows that are looked up, and rows that never are', async () => {
    const table = (): Tensor => tf.randomNormal([7, 3], 0, 1, 'float32', 10);
    const ids = (): Tensor => tf.tensor1d([2, 0, 2, 6], 'int32');
    for (const axis of [0, 1]) {
      const loss = (x: Tensor) =>
        tf.sum(tf.square(tf.gather(x, axis === 0 ? ids() : tf.tensor1d([2, 2], 'int32'), axis)));
      expect(await difference(() => tf.grad(loss as never)(table()))).toBeLessThan(1e-6);
    }
    const outside = (): Tensor => tf.unsortedSegmentSum(table(), tf.tensor1d([0, -1, 1, 5, 0, 1, 1], 'int32'), 2);
    expect(await difference(outside)).toBeLessThan(1e-6);
  });

  test('what is computed by the kernels of the plain backend', async () => {
    const clip = (): Tensor => tf.reshape(tf.sub(image([4, 5, 5, 4], 11), 2), [2, 4, 5, 5, 2]);
    const filter = (): Tensor => tf.reshape(image([4, 2, 2, 3], 12), [2, 2, 2, 2, 3]);
    for (const [stride, pad] of [
      [1, 'same'],
      [2, 'valid'],
    ] as const) {
      const conv = (x: Tensor, f: Tensor) => tf.sum(tf.square(tf.conv3d(x as never, f as never, stride, pad)));
      for (const of of [0, 1]) {
        const gradient = (): Tensor => tf.grads(conv)([clip(), filter()])[of] as Tensor;
        expect(await difference(gradient)).toBeLessThan(1e-5);
      }
      for (const pool of [tf.maxPool3d, tf.avgPool3d]) {
        const pooled = (x: Tensor): Tensor => pool(x as never, 2, stride, pad);
        expect(await difference(() => pooled(clip()))).toBeLessThan(1e-6);
        const loss = (x: Tensor): Tensor => tf.sum(tf.square(pooled(x)));
        expect(await difference(() => tf.grad(loss as never)(clip()))).toBeLessThan(1e-6);
      }
    }
    expect(
      await difference(() => tf.einsum('bijc,bikc->bjk', image([2, 3, 4, 2], 1), image([2, 3, 5, 2], 2))),
    ).toBeLessThan(1e-5);
    expect(await difference(() => tf.cast(tf.tensor1d([0.5, 0, -1, 300]), 'bool'))).toBe(0);
    const labels = (): Tensor => tf.tensor1d([0, 1, 1], 'int32');
    expect(await difference(() => tf.math.confusionMatrix(labels() as never, labels() as never, 2))).toBe(0);
  });
});

describe('gradients that both backends had wrong', () => {
  const onBoth = async (compute: () => Tensor): Promise<readonly (readonly number[])[]> => {
    const results: (readonly number[])[] = [];
    for (const name of ['wasm', 'cpu']) {
      await reference.setBackend(name);
      results.push([...tf.tidy(() => compute().dataSync())]);
    }
    await reference.setBackend('wasm');
    return results;
  };

  test('of means of windows that reach over the border: they are shared by what is within', async () => {
    const mean = (x: Tensor4D): Tensor => tf.sum(tf.avgPool(x, [1, 3], 1, 'same'));
    // The windows hold 2, 3 and 2 values.
    const wanted = [1 / 2 + 1 / 3, 1 / 2 + 1 / 3 + 1 / 2, 1 / 3 + 1 / 2].map(Math.fround);
    for (const values of await onBoth(() => tf.grad(mean as never)(tf.ones([1, 1, 3, 1])))) {
      values.forEach((value, at) => {
        expect(value).toBeCloseTo(wanted[at] ?? NaN, 6);
      });
    }
  });

  test('of enlarging a batch by the nearest pixels', async () => {
    const weights = (): Tensor => tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4, 1]);
    const loss = (x: Tensor4D): Tensor => tf.sum(tf.mul(tf.image.resizeNearestNeighbor(x, [1, 4]), weights()));
    const gradients = await onBoth(() => tf.grad(loss as never)(tf.ones([2, 1, 2, 1])));
    expect(gradients).toEqual([
      [3, 7, 11, 15],
      [3, 7, 11, 15],
    ]);
  });
});
