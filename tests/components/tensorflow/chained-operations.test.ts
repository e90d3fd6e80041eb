import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Tensor } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../components/tensorflow/backend.js';
// Registers the plain backend, beside the one that is loaded.
import { tf as reference } from '../../rig/tensorflow.js';

const { tf, name: loaded } = await loadBackend(() => undefined);
const BACKENDS = [...new Set([loaded, 'cpu'])];

/** Names of the methods that TensorFlow.js declares for tensors. */
function declared(): readonly string[] {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core')),
    'public',
    'chained_ops',
  );
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js') && !file.startsWith('register_'))
    .map((file) => /prototype\.(\w+)/u.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? file);
}

async function values(compute: () => Tensor): Promise<readonly number[]> {
  const result = tf.tidy(compute);
  const data = await result.data();
  result.dispose();
  return [...data];
}

describe('methods of tensors', () => {
  test('are all that TensorFlow.js declares', () => {
    const names = declared();
    expect(names.length).toBeGreaterThan(130);
    const x = tf.scalar(1) as unknown as Record<string, unknown>;
    expect(names.filter((name) => typeof x[name] !== 'function')).toEqual([]);
  });

  test('compute what the operations of their names do, on every backend', async () => {
    for (const backend of BACKENDS) {
      await reference.setBackend(backend);
      const x = (): Tensor => tf.tensor2d([1, -2, 3, -4], [2, 2]);
      expect(await values(() => x().mul(2).add(1).relu())).toEqual([3, 0, 7, 0]);
      expect(await values(() => x().matMul(x(), false, true).flatten())).toEqual([5, 11, 11, 25]);
      expect(await values(() => x().where(x().greater(0), x().zerosLike()))).toEqual([1, 0, 3, 0]);
      expect(await values(() => x().concat(x().neg(), 1).as1D())).toEqual([1, -2, -1, 2, 3, -4, -3, 4]);
      expect(await values(() => x().stack([x().square()], -1).slice([0, 0, 1], [2, 2, 1]))).toEqual([1, 4, 9, 16]);
      expect(await values(() => x().as2D(1, 4).reshapeAs(x()).max(0))).toEqual([3, -2]);
      expect(await values(() => x().as4D(1, 2, 2, 1).resizeNearestNeighbor([1, 1]))).toEqual([1]);
      expect(await values(() => x().sum().asScalar().toInt().asType('float32'))).toEqual([-2]);
      expect(await values(() => tf.grad((t: Tensor) => t.square().sum())(x()))).toEqual([2, -4, 6, -8]);
    }
  });

  test('refuse a tensor that was disposed', () => {
    const x = tf.scalar(1);
    x.dispose();
    expect(() => x.add(1)).toThrow('Tensor is disposed');
  });
});

test.each([
  ['zeros', {}],
  ['ones', {}],
  ['constant', { value: 2 }],
  ['identity', {}],
  ['randomUniform', { seed: 3 }],
  ['randomNormal', { seed: 3 }],
  ['truncatedNormal', { seed: 3 }],
  ['varianceScaling', { seed: 3 }],
  ['glorotUniform', { seed: 3 }],
  ['glorotNormal', { seed: 3 }],
  ['heUniform', { seed: 3 }],
  ['heNormal', { seed: 3 }],
  ['leCunUniform', { seed: 3 }],
  ['leCunNormal', { seed: 3 }],
  ['orthogonal', { seed: 3 }],
] as const)('the initializer %s works on every backend', async (name, given) => {
  const results: (readonly number[])[] = [];
  for (const backend of BACKENDS) {
    await reference.setBackend(backend);
    const make = (): Tensor => tf.initializers[name](given as never).apply([3, 3]);
    results.push(await values(make));
    if (name === 'orthogonal') {
      const product = await values(() => make().matMul(make(), true));
      [1, 0, 0, 0, 1, 0, 0, 0, 1].forEach((wanted, at) => {
        expect(product[at]).toBeCloseTo(wanted, 5);
      });
    }
  }
  const [first = []] = results;
  expect(first).toHaveLength(9);
  for (const other of results)
    other.forEach((value, at) => {
      expect(value).toBeCloseTo(first[at] ?? NaN, 5);
    });
});
