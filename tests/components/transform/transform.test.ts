import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { FeatureSpec } from '../../../components/formats/examples/examples-info.js';
import type { ExampleValues } from '../../../components/formats/examples/examples-writer.js';
import {
  readTransformGraph,
  type TransformGraphFile,
  type TransformStep,
} from '../../../components/formats/transform/transform-graph.js';
import { execute } from '../../../components/transform/executor.js';
import { spec } from '../../../components/transform/spec.js';
import { checkParams, type ParamProblem } from '../../../components/params.js';
import { examplesArtifact } from '../../rig/examples-artifact.js';
import { testContext, type TestContext } from '../../rig/execution-context.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const FEATURES: Readonly<Record<string, FeatureSpec>> = {
  color: { kind: 'string' },
  image: { kind: 'image', encoding: 'raw', height: 1, width: 2, channels: 2 },
  label: { kind: 'label', classes: ['cat', 'dog'] },
  size: { kind: 'float', size: 2 },
  wheels: { kind: 'integer' },
};

const row = (color: string, image: number[], label: number, size: number[], wheels: number): ExampleValues => ({
  color,
  image: Uint8Array.from(image),
  label,
  size: Float32Array.from(size),
  wheels,
});

const TRAIN = [
  row('red', [0, 10, 2, 10], 0, [1, 7], 4),
  row('blue', [4, 10, 2, 10], 1, [3, 7], 2),
  row('red', [0, 10, 4, 10], 1, [5, 7], 0),
];
// Statistics that looked at it would be far off.
const EVAL = [row('green', [255, 255, 255, 255], 0, [1000, 1000], 99)];

function variancesOf(step: TransformStep | undefined): readonly number[] {
  return step?.op === 'standardize' ? step.variance : [];
}

interface Outcome extends TestContext {
  readonly graph: TransformGraphFile;
}

async function transform(
  params: Readonly<Record<string, unknown>>,
  features = FEATURES,
  splits: Readonly<Record<string, readonly ExampleValues[]>> = { train: TRAIN, eval: EVAL },
): Promise<Outcome> {
  const folder = temporaryFolder();
  const examples = await examplesArtifact(folder, features, splits);
  const test = testContext({ folder, spec, params, inputs: { examples } });
  await execute(test.context as never);
  return { ...test, graph: await readTransformGraph(test.context.outputs['transform_graph']?.path ?? '') };
}

describe('Transform', () => {
  test('without params casts numbers, keeps labels, and leaves text out', async () => {
    const { graph, logs, properties } = await transform({});
    expect(graph.features).toEqual({
      image: {
        source: 'image',
        role: 'feature',
        steps: [{ op: 'cast' }],
        output: { dtype: 'float32', shape: [1, 2, 2] },
      },
      label: {
        source: 'label',
        role: 'label',
        steps: [],
        output: { dtype: 'int32', shape: [] },
        classes: ['cat', 'dog'],
      },
      size: { source: 'size', role: 'feature', steps: [], output: { dtype: 'float32', shape: [2] } },
      wheels: { source: 'wheels', role: 'feature', steps: [{ op: 'cast' }], output: { dtype: 'float32', shape: [1] } },
    });
    expect(graph.inputs).toEqual(FEATURES);
    expect(properties['transform_graph.features']).toBe('["image","size","wheels","label"]');
    expect(logs).toContainEqual(expect.stringContaining("warn: feature 'color' is text and is left out"));
  });

  test('scales pixels from their range, other numbers from what the training split spans', async () => {
    const { graph } = await transform({ features: { image: ['scale'], size: [{ scale: { to: [-1, 1] } }] } });
    expect(graph.features['image']?.steps).toEqual([{ op: 'cast' }, { op: 'scale', multiply: [1 / 255], add: [0] }]);
    // 1 … 5 becomes −1 … 1; 7 is all there is, and becomes −1.
    expect(graph.features['size']?.steps).toEqual([{ op: 'scale', multiply: [0.5, 0], add: [-1.5, -1] }]);
  });

  test('standardizes with the statistics of the training split only', async () => {
    const { graph, logs } = await transform({
      features: { image: ['standardize'], size: [{ standardize: { epsilon: 0.5 } }] },
    });
    const [, standardize] = graph.features['image']?.steps ?? [];
    expect(standardize).toMatchObject({ op: 'standardize', mean: [2, 10] });
    // Squared distances from 2: 4 0 4 0 4 4. A constant channel is only moved.
    expect(variancesOf(standardize)[0]).toBeCloseTo(16 / 6, 12);
    expect(variancesOf(standardize)[1]).toBe(1);
    expect(graph.features['size']?.steps[0]).toMatchObject({ mean: [3, 7], epsilon: 0.5 });
    expect(logs).toContain("warn: feature 'image' of split 'train' is constant in 1 of 2 channels");
  });

  test('takes statistics as they are after the steps before', async () => {
    const { graph } = await transform({
      features: { size: [{ scale: { from: [0, 1], to: [0, -10] } }, 'standardize'] },
    });
    const [scale, standardize] = graph.features['size']?.steps ?? [];
    expect(scale).toEqual({ op: 'scale', multiply: [-10], add: [0] });
    expect(standardize).toMatchObject({ mean: [-30, -70] });
    expect(variancesOf(standardize)[0]).toBeCloseTo((100 * 8) / 3, 9);
  });

  test('takes given statistics, and then reads no examples', async () => {
    const given = { mean: [1, 2], variance: [3, 4] };
    const { graph } = await transform({ features: { size: [{ standardize: given }] }, analyze_split: 'none' });
    expect(graph.features['size']?.steps).toEqual([{ op: 'standardize', ...given, epsilon: 1e-12 }]);
  });

  test('encodes integers and text, and reads labels from text and numbers', async () => {
    const { graph } = await transform({ features: { color: ['one_hot'], wheels: ['one_hot'], size: ['drop'] } });
    expect(graph.features['color']?.steps).toEqual([
      { op: 'vocabulary', tokens: ['blue', 'red'] },
      { op: 'one_hot', depth: 2 },
    ]);
    expect(graph.features['wheels']?.steps).toEqual([{ op: 'one_hot', depth: 5 }]);
    expect(Object.keys(graph.features)).toEqual(['color', 'image', 'label', 'wheels']);

    const labels = await transform({ features: { color: ['label'], wheels: ['label'], label: ['one_hot'] } });
    expect(labels.graph.features['color']).toMatchObject({
      role: 'label',
      classes: ['blue', 'red'],
      output: { dtype: 'int32' },
    });
    expect(labels.graph.features['wheels']).toMatchObject({ role: 'label', output: { dtype: 'float32', shape: [1] } });
    expect(labels.graph.features['label']).toMatchObject({
      steps: [{ op: 'one_hot', depth: 2 }],
      output: { shape: [2] },
    });
  });

  test('keeps the most frequent texts, in an order that frequencies do not change', async () => {
    const of = (...texts: string[]): ExampleValues[] => texts.map((text) => ({ text, x: Float32Array.of(1) }));
    const features = { text: { kind: 'string' }, x: { kind: 'float', size: 1 } } as const;
    const { graph } = await transform(
      { features: { text: [{ vocabulary: { max_tokens: 2 } }, 'one_hot'] } },
      features,
      {
        train: of('c', 'b', 'c', 'a', 'b', 'c'),
      },
    );
    expect(graph.features['text']?.steps[0]).toEqual({ op: 'vocabulary', tokens: ['b', 'c'] });
    const none = transform({ features: { text: [{ vocabulary: { min_count: 9 } }, 'one_hot'] } }, features, {
      train: of('a'),
    });
    await expect(none).rejects.toMatchObject({ code: 'vocabulary-empty' });
  });

  test('decodes images, and takes the statistics of their pixels', async () => {
    const png = async (value: number): Promise<Uint8Array> =>
      sharp(Buffer.alloc(12, value), { raw: { height: 2, width: 2, channels: 3 } })
        .png()
        .toBuffer();
    const features = { image: { kind: 'image', encoding: 'encoded' } } as const;
    const splits = { train: [{ image: await png(10) }, { image: await png(30) }] };
    const decode = { decode: { height: 2, width: 2 } };
    const { graph } = await transform({ features: { image: [decode, 'standardize'] } }, features, splits);
    expect(graph.features['image']?.steps).toEqual([
      { op: 'decode', height: 2, width: 2, channels: 3, fit: 'fill' },
      { op: 'cast' },
      { op: 'standardize', mean: [20, 20, 20], variance: [100, 100, 100], epsilon: 1e-12 },
    ]);
    await expect(transform({}, features, splits)).rejects.toMatchObject({
      code: 'feature-not-transformable',
      message: expect.stringContaining('encoded images'),
      hint: expect.stringContaining('decode'),
    });
    const broken = { train: [{ image: await png(1) }, { image: Buffer.from('no image') }] };
    await expect(transform({ features: { image: [decode, 'standardize'] } }, features, broken)).rejects.toMatchObject({
      code: 'image-invalid',
      message: expect.stringContaining("example 1 of feature 'image' of split 'train'"),
    });
  });

  test('writes the same bytes again, whatever the order of the params', async () => {
    const one = await transform({ features: { image: ['standardize'], color: ['one_hot'] } });
    const other = await transform({ features: { color: ['one_hot'], image: ['standardize'] } });
    const bytes = ({ context }: TestContext): string =>
      readFileSync(join(context.outputs['transform_graph']?.path ?? '', 'transform_graph.json'), 'utf8');
    expect(bytes(one)).toBe(bytes(other));
  });

  test.each([
    ['an unknown feature', { imag: ['cast'] }, 'feature-unknown', "no feature 'imag'", "did you mean 'image'?"],
    [
      'decoding pixels',
      { image: [{ decode: { height: 1, width: 1 } }] },
      'feature-not-transformable',
      "feature 'image' cannot be transformed so: decode needs an encoded image, but gets uint8 values of shape [1, 2, 2]",
      'reference',
    ],
    [
      'scaling text',
      { color: ['scale'] },
      'feature-not-transformable',
      'scale needs float32 values, but gets text',
      '',
    ],
    [
      'one-hot encoding pixels',
      { image: ['one_hot'] },
      'feature-not-transformable',
      'one_hot needs an int32 value',
      '',
    ],
    ['a vocabulary of numbers', { wheels: ['vocabulary'] }, 'feature-not-transformable', 'vocabulary needs text', ''],
    [
      'an index as a quantity',
      { color: ['vocabulary'] },
      'feature-not-transformable',
      'index of a text, which is no quantity',
      'add one_hot',
    ],
    ['scaling a label', { label: ['scale'] }, 'feature-not-transformable', 'is a label of classes', ''],
    ['two numbers as a label', { size: ['label'] }, 'feature-not-transformable', 'label of more than one number', ''],
    [
      'constants for other channels',
      { size: [{ standardize: { mean: [1, 2, 3], variance: [1] } }] },
      'feature-not-transformable',
      '3 and 1 constants',
      '',
    ],
    ['nothing left', { image: ['drop'], size: ['drop'], wheels: ['drop'] }, 'features-missing', 'nothing is left', ''],
  ])('refuses %s', async (_, features, code, message, hint) => {
    await expect(transform({ features })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test('refuses integers that are no indices, splits that are missing or empty, numbers that are none', async () => {
    const features = { n: { kind: 'integer' }, x: { kind: 'float', size: 2 } } as const;
    const one = { n: -1, x: Float32Array.of(1, 2) };
    await expect(transform({ features: { n: ['one_hot'] } }, features, { train: [one] })).rejects.toThrow(
      'go from -1 to -1',
    );
    const standardize = { features: { x: ['standardize'] } };
    await expect(transform(standardize, features, { test: [one] })).rejects.toMatchObject({ code: 'split-missing' });
    await expect(transform(standardize, features, { train: [] })).rejects.toMatchObject({ code: 'split-empty' });
  });

  test.each([
    [['scale', 'drop'], "'drop' stands alone"],
    [['cast', 'vocabulary'], "'vocabulary' can only come first"],
    [['label', 'cast'], "nothing can come after 'label'"],
    [['one_hot', 'scale'], "only 'label' can come after 'one_hot'"],
    [[{ scale: { from: [3, 3] } }], "the two ends of 'from' are equal"],
    [[{ standardize: { mean: [1] } }], "'mean' and 'variance' are given together"],
    [[{ decode: { height: 2, width: 2, channels: 2 } }], 'an image has 1 or 3 channels'],
  ])('is refused before it runs: %j', (operations, message) => {
    const problems: ParamProblem[] = [];
    const report = { problem: (problem: ParamProblem) => problems.push(problem), resource: () => undefined };
    const params = checkParams(spec.params, { features: { x: operations } }, [], report);
    expect(problems).toEqual([]);
    const found = spec.check(params as never, new Set());
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toContain(message);
    expect(found[0]?.path.slice(0, 2)).toEqual(['features', 'x']);
  });

  test('a bare word is the same as a mapping without arguments', () => {
    const check = (operation: unknown): unknown =>
      checkParams(spec.params, { features: { x: [operation] } }, [], {
        problem: () => undefined,
        resource: () => undefined,
      });
    expect(check('scale')).toEqual(check({ scale: {} }));
    expect(check('scale')).toEqual({ features: { x: [{ scale: { to: [0, 1] } }] }, analyze_split: 'train' });
  });
});
