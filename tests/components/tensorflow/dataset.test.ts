import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { encodeExample, type Feature } from '../../../components/formats/examples/example.js';
import type { FeatureSpec } from '../../../components/formats/examples/examples-info.js';
import { createExamples, type ExampleValues } from '../../../components/formats/examples/examples-writer.js';
import type { TransformGraphFile } from '../../../components/formats/transform/transform-graph.js';
import { applySteps } from '../../../components/tensorflow/apply-transform.js';
import { defaultTransformGraph, openDataset, type Dataset } from '../../../components/tensorflow/dataset.js';
import { examplesArtifact } from '../../rig/examples-artifact.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { tf } from '../../rig/tensorflow.js';

const temporaryFolder = temporaryFolders();

type Features = Readonly<Record<string, FeatureSpec>>;

const IMAGES = {
  image: { kind: 'image', encoding: 'raw', height: 1, width: 2, channels: 1 },
  label: { kind: 'label', classes: ['cat', 'dog'] },
} as const satisfies Features;

const imageRow = (pixels: number[], label: number): ExampleValues => ({ image: Uint8Array.from(pixels), label });

async function open(
  features: Features,
  rows: readonly ExampleValues[],
  options: { graph?: TransformGraphFile; label?: string; limit?: number; split?: string } = {},
): Promise<Dataset> {
  const { path } = await examplesArtifact(temporaryFolder(), features, { test: rows });
  const { split = 'test', graph, ...rest } = options;
  const { dataset } = await openDataset({ tf, folder: path, split, graph, ...rest });
  return dataset;
}

async function batchOf(
  dataset: Dataset,
  rows: number[],
): Promise<{ xs: unknown; ys: unknown; shape: number[]; dtypes: string[] }> {
  const { xs, ys } = dataset.batch(Uint32Array.from(rows));
  const result = { xs: await xs.array(), ys: await ys.array(), shape: xs.shape, dtypes: [xs.dtype, ys.dtype] };
  tf.dispose([xs, ys]);
  return result;
}

describe('the steps of a transform on tensors', () => {
  test('compute what they say', () => {
    tf.tidy(() => {
      const values = tf.tensor2d([
        [1, 2],
        [3, 4],
      ]);
      const steps = [
        { op: 'scale', multiply: [2], add: [0, 10] },
        { op: 'standardize', mean: [2, 14], variance: [3, 0], epsilon: 1 },
      ] as const;
      expect(applySteps(tf, steps, values).arraySync()).toEqual([
        [0, 0],
        [2, 4],
      ]);
      const indices = tf.tensor1d([1, -1, 2, 0], 'int32');
      const encoded = applySteps(tf, [{ op: 'one_hot', depth: 2 }], indices);
      expect(encoded.dtype).toBe('float32');
      expect(encoded.arraySync()).toEqual([
        [0, 1],
        [0, 0],
        [0, 0],
        [1, 0],
      ]);
      const cast = applySteps(tf, [{ op: 'cast' }], indices);
      expect([cast.dtype, cast.arraySync()]).toEqual(['float32', [[1], [-1], [2], [0]]]);
    });
  });

  test('allocate one tensor, and leave the given one', () => {
    const values = tf.ones([2, 3, 3, 1], 'int32');
    const before = tf.memory().numTensors;
    const result = applySteps(tf, [{ op: 'cast' }, { op: 'scale', multiply: [2], add: [1] }], values);
    expect(tf.memory().numTensors).toBe(before + 1);
    const same = applySteps(tf, [], values);
    same.dispose();
    expect(values.isDisposed).toBe(false);
    tf.dispose([values, result]);
  });
});

describe('a split as a data set', () => {
  test('gives pixels as float32 and classes as int32, in any order of rows', async () => {
    const dataset = await open(IMAGES, [imageRow([0, 255], 0), imageRow([1, 2], 1)]);
    expect(dataset).toMatchObject({
      examples: 2,
      inputShape: [1, 2, 1],
      features: ['image'],
      label: 'label',
      classes: ['cat', 'dog'],
    });
    expect([...dataset.labels]).toEqual([0, 1]);
    expect(await batchOf(dataset, [1, 0, 1])).toEqual({
      xs: [[[[1], [2]]], [[[0], [255]]], [[[1], [2]]]],
      ys: [1, 0, 1],
      shape: [3, 1, 2, 1],
      dtypes: ['float32', 'int32'],
    });
  });

  test('allocates the two tensors of a batch and nothing else', async () => {
    const before = tf.memory().numTensors;
    const features = { a: { kind: 'float', size: 1 }, b: { kind: 'integer' }, y: { kind: 'float', size: 1 } } as const;
    const graph: TransformGraphFile = {
      version: 1,
      inputs: features,
      features: {
        a: {
          source: 'a',
          role: 'feature',
          steps: [{ op: 'scale', multiply: [2], add: [0] }],
          output: { dtype: 'float32', shape: [1] },
        },
        b: {
          source: 'b',
          role: 'feature',
          steps: [{ op: 'one_hot', depth: 2 }],
          output: { dtype: 'float32', shape: [2] },
        },
        y: {
          source: 'y',
          role: 'label',
          steps: [{ op: 'scale', multiply: [10], add: [1] }],
          output: { dtype: 'float32', shape: [1] },
        },
      },
    };
    const rows = [0, 1, 2].map((n) => ({ a: Float32Array.of(n), b: n, y: Float32Array.of(n) }));
    const dataset = await open(features, rows, { graph });
    expect(tf.memory().numTensors).toBe(before);
    const { xs, ys } = dataset.batch(Uint32Array.of(2, 1));
    expect(tf.memory().numTensors).toBe(before + 2);
    // Several flat features are joined in the order of their names; the label is a number.
    expect(await xs.array()).toEqual([
      [4, 0, 0],
      [2, 0, 1],
    ]);
    expect([ys.dtype, await ys.array(), [...dataset.labels], dataset.classes]).toEqual([
      'float32',
      [21, 11],
      [1, 11, 21],
      [],
    ]);
    tf.dispose([xs, ys]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('decodes images once, as the transform says', async () => {
    const features = { image: { kind: 'image', encoding: 'encoded' }, label: IMAGES.label } as const;
    const graph: TransformGraphFile = {
      version: 1,
      inputs: features,
      features: {
        image: {
          source: 'image',
          role: 'feature',
          steps: [{ op: 'decode', height: 1, width: 1, channels: 1, fit: 'fill' }, { op: 'cast' }],
          output: { dtype: 'float32', shape: [1, 1, 1] },
        },
        label: {
          source: 'label',
          role: 'label',
          steps: [],
          output: { dtype: 'int32', shape: [] },
          classes: ['cat', 'dog'],
        },
      },
    };
    const image = await sharp(Buffer.alloc(12, 7), { raw: { height: 2, width: 2, channels: 3 } })
      .png()
      .toBuffer();
    const rows = Array.from({ length: 20 }, () => ({ image, label: 1 }));
    expect(await batchOf(await open(features, rows, { graph }), [19])).toMatchObject({ xs: [[[[7]]]] });
    await expect(open(features, rows)).rejects.toMatchObject({ code: 'feature-not-decoded' });
    const broken = [...rows, { image: image.subarray(0, 50), label: 0 }];
    await expect(open(features, broken, { graph })).rejects.toThrow("example 20 of feature 'image' of split 'test'");
  });

  test('matches classes by name, and names the example whose class is unknown', async () => {
    const graph = defaultTransformGraph({ version: 1, features: IMAGES, splits: {} });
    const other = { ...IMAGES, label: { kind: 'label', classes: ['dog', 'bird', 'cat'] } } as const;
    const dataset = await open(other, [imageRow([0, 0], 0), imageRow([0, 0], 2)], { graph });
    expect([[...dataset.labels], dataset.classes]).toEqual([
      [1, 0],
      ['cat', 'dog'],
    ]);
    await expect(open(other, [imageRow([0, 0], 0), imageRow([0, 0], 1)], { graph })).rejects.toMatchObject({
      code: 'label-unknown',
      message: expect.stringContaining("example 1 of feature 'label' of split 'test' is of class 'bird'"),
      hint: 'known are: cat, dog',
    });
  });

  test('with one class only is refused', async () => {
    const single = { ...IMAGES, label: { kind: 'label', classes: ['<b>'] } } as const;
    await expect(open(single, [imageRow([0, 0], 0)])).rejects.toMatchObject({
      code: 'one-class',
      message: "feature 'label' of split 'test' has one class only, '<b>': there is nothing to tell apart",
    });
  });

  test('looks texts up in the vocabulary', async () => {
    const features = { word: { kind: 'string' }, kind: { kind: 'string' } } as const;
    const vocabulary = { op: 'vocabulary', tokens: ['a', 'b'] } as const;
    const graph: TransformGraphFile = {
      version: 1,
      inputs: features,
      features: {
        word: {
          source: 'word',
          role: 'feature',
          steps: [vocabulary, { op: 'one_hot', depth: 2 }],
          output: { dtype: 'float32', shape: [2] },
        },
        kind: {
          source: 'kind',
          role: 'label',
          steps: [vocabulary],
          output: { dtype: 'int32', shape: [] },
          classes: ['a', 'b'],
        },
      },
    };
    const dataset = await open(
      features,
      [
        { word: 'b', kind: 'a' },
        { word: 'unseen', kind: 'b' },
      ],
      { graph },
    );
    expect(await batchOf(dataset, [0, 1])).toMatchObject({
      xs: [
        [0, 1],
        [0, 0],
      ],
      ys: [0, 1],
    });
    await expect(open(features, [{ word: 'a', kind: 'toString' }], { graph })).rejects.toThrow(
      "is of class 'toString'",
    );
  });

  test('takes only the first examples when there is a limit', async () => {
    const dataset = await open(IMAGES, [imageRow([1, 1], 0), imageRow([2, 2], 1)], { limit: 1 });
    expect(dataset.examples).toBe(1);
    expect(() => dataset.batch(Uint32Array.of(1))).toThrow('there is no example 1');
  });

  test('chooses the label that is named where there are several', async () => {
    const features = { ...IMAGES, fine: { kind: 'label', classes: ['a', 'b'] } } as const;
    const rows = [{ ...imageRow([0, 0], 0), fine: 1 }];
    expect((await open(features, rows, { label: 'fine' })).classes).toEqual(['a', 'b']);
    await expect(open(features, rows)).rejects.toMatchObject({ code: 'label-ambiguous' });
    await expect(open(features, rows, { label: 'fin' })).rejects.toMatchObject({ hint: "did you mean 'fine'?" });
  });

  test('is refused when it is empty or missing, has no label, no feature, or features that do not join', async () => {
    const { image, label } = IMAGES;
    const pixels = { image: Uint8Array.of(1, 2) };
    await expect(open(IMAGES, [])).rejects.toMatchObject({ code: 'split-empty' });
    await expect(open(IMAGES, [], { split: 'tset' })).rejects.toMatchObject({ code: 'split-missing' });
    await expect(open({ image }, [pixels])).rejects.toMatchObject({ code: 'label-missing' });
    await expect(open({ label }, [{ label: 0 }])).rejects.toMatchObject({ code: 'features-missing' });
    const two = open({ image, label, n: { kind: 'integer' } }, [{ ...pixels, label: 0, n: 1 }]);
    await expect(two).rejects.toMatchObject({
      code: 'features-not-joinable',
      message: expect.stringContaining("'image'"),
    });
  });

  test('is refused when the transform was made for other examples', async () => {
    const graph = defaultTransformGraph({ version: 1, features: IMAGES, splits: {} });
    const larger = { ...IMAGES, image: { ...IMAGES.image, width: 3 } };
    await expect(open(larger, [imageRow([1, 2, 3], 0)], { graph })).rejects.toMatchObject({
      code: 'transform-mismatch',
      message: expect.stringContaining(
        'expects image (uint8 values of shape [1, 2, 1]), but there is image (uint8 values of shape [1, 3, 1])',
      ),
    });
    await expect(open({ label: IMAGES.label }, [{ label: 0 }], { graph })).rejects.toMatchObject({
      code: 'transform-mismatch',
    });
  });

  test('is refused when a number is not finite, and names the example', async () => {
    const folder = temporaryFolder();
    const features = { x: { kind: 'float', size: 2 }, label: IMAGES.label } as const;
    const writer = await createExamples(folder, features, ['test']);
    for (const value of [1, NaN]) {
      const example = new Map<string, Feature>();
      example.set('label', { kind: 'int64', values: [0n] });
      example.set('x', { kind: 'float', values: Float32Array.of(0, value) });
      await writer.write('test', encodeExample(example));
    }
    await writer.finish();
    await expect(openDataset({ tf, folder, split: 'test', graph: undefined })).rejects.toMatchObject({
      code: 'number-not-finite',
      message: "example 1 of feature 'x' of split 'test' holds NaN",
    });
  });
});
