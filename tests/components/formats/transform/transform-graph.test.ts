import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  featureNames,
  readTransformGraph,
  standardizeFactors,
  transformedFeature,
  writeTransformGraph,
  type TransformGraphFile,
  type TransformStep,
} from '../../../../components/formats/transform/transform-graph.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const GRAPH: TransformGraphFile = {
  version: 1,
  inputs: {
    10: { kind: 'float', size: 1 },
    9: { kind: 'integer' },
    image: { kind: 'image', encoding: 'encoded' },
    label: { kind: 'label', classes: ['<script>', 'dog'] },
    word: { kind: 'string' },
  },
  features: {
    10: { source: '10', role: 'feature', steps: [], output: { dtype: 'float32', shape: [1] } },
    9: { source: '9', role: 'feature', steps: [{ op: 'cast' }], output: { dtype: 'float32', shape: [1] } },
    image: {
      source: 'image',
      role: 'feature',
      steps: [
        { op: 'decode', height: 4, width: 5, channels: 3, fit: 'cover' },
        { op: 'cast' },
        { op: 'scale', multiply: [1 / 255], add: [0, 1, 2] },
        { op: 'standardize', mean: [1], variance: [0], epsilon: 1e-12 },
      ],
      output: { dtype: 'float32', shape: [4, 5, 3] },
    },
    label: {
      source: 'label',
      role: 'label',
      steps: [{ op: 'one_hot', depth: 2 }],
      output: { dtype: 'float32', shape: [2] },
      classes: ['<script>', 'dog'],
    },
    word: {
      source: 'word',
      role: 'label',
      steps: [{ op: 'vocabulary', tokens: ['a', ''] }],
      output: { dtype: 'int32', shape: [] },
      classes: ['a', ''],
    },
  },
};

/** Reads the graph above with the value at a place, `features/label/role`, replaced. */
async function readChanged(place: string, value: unknown): Promise<TransformGraphFile> {
  const folder = temporaryFolder();
  const graph: unknown = structuredClone(GRAPH);
  const keys = place.split('/');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((inside, key) => (inside as Record<string, unknown>)[key], graph);
  Object.assign(parent as object, { [last]: value });
  writeFileSync(join(folder, 'transform_graph.json'), JSON.stringify(graph));
  return readTransformGraph(folder);
}

describe('transform_graph.json', () => {
  test('is read as it was written', async () => {
    const folder = temporaryFolder();
    await writeTransformGraph(folder, GRAPH);
    expect(await readTransformGraph(folder)).toEqual(GRAPH);
  });

  test('orders features by the characters of their names, also those that look like numbers', () => {
    expect(featureNames(GRAPH, 'feature')).toEqual(['10', '9', 'image']);
    expect(featureNames(GRAPH, 'label')).toEqual(['label', 'word']);
  });

  test('standardizes by one over the standard deviation', () => {
    expect(standardizeFactors({ op: 'standardize', mean: [0], variance: [3, 0], epsilon: 1 })).toEqual([0.5, 1]);
  });

  const decode = { op: 'decode', height: 1, width: 1, channels: 1, fit: 'fill' };
  test.each<[string, string, unknown, string]>([
    ['another version', 'version', 2, 'version 2 is not known'],
    ['no inputs', 'inputs', [], 'no inputs or features'],
    ['an input of no kind', 'inputs/x', {}, "input 'x' has no known 'kind'"],
    ['a name with a line break', 'inputs/a\n', { kind: 'integer' }, 'no valid name'],
    ['no steps', 'features/label/steps', 1, "feature 'label' has no steps"],
    ['an unknown source', 'features/label/source', 'toString', 'unknown input'],
    ['an unknown role', 'features/label/role', 'x', "no known 'role'"],
    ['an unknown operation', 'features/9/steps/0', { op: 'constructor' }, "step 1 has no known 'op'"],
    ['a step that is none', 'features/9/steps/0', null, 'step 1 is no mapping'],
    ['an argument too many', 'features/9/steps/0', { op: 'cast', x: 1 }, "'x' is not known"],
    ['a constant that is no number', 'features/image/steps/2/add', ['0'], "wrong at 'add.0'"],
    ['a negative variance', 'features/image/steps/3/variance', [-1], "wrong at 'variance.0'"],
    ['a depth beyond all bounds', 'features/label/steps/0/depth', 1e9, "wrong at 'depth'"],
    ['a step before its time', 'features/9/steps/0', { op: 'scale', multiply: [1], add: [0] }, 'needs float32 values'],
    ['constants for other channels', 'features/image/steps/2/add', [1, 2], '1 and 2 constants'],
    ['a shape that is not the one', 'features/image/output/shape', [4, 5, 1], 'something else than it declares'],
    ['classes that are not those', 'features/label/classes', ['a', 'b'], 'something else than it declares'],
    ['a token twice', 'features/word/steps/0/tokens', ['a', 'a'], 'token twice'],
    ['two channels', 'features/image/steps/0/channels', 2, '2 channels'],
    ['pixels that stay bytes', 'features/image/steps', [decode], 'gives uint8, not float32'],
    ['a label encoded for other classes', 'features/label/steps/0/depth', 3, 'no class index any more'],
  ])('is refused with %s', async (_, place, value, message) => {
    await expect(readChanged(place, value)).rejects.toMatchObject({
      code: 'transform-graph-invalid',
      message: expect.stringContaining(message),
    });
  });

  test('is refused when it is missing, no JSON, or too deep', async () => {
    const folder = temporaryFolder();
    await expect(readTransformGraph(folder)).rejects.toMatchObject({ code: 'transform-graph-invalid' });
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"version":1,"inputs":{},"features":{"a":1}}',
      '['.repeat(100_000),
    ]) {
      writeFileSync(join(folder, 'transform_graph.json'), text);
      await expect(readTransformGraph(folder)).rejects.toMatchObject({ code: 'transform-graph-invalid' });
    }
  });

  test('never gives anything but a graph or an error for the user', async () => {
    const folder = temporaryFolder();
    const steps = fc.array(fc.record({ op: fc.constantFrom('cast', 'scale', 'one_hot', 'x'), depth: fc.anything() }));
    const graph = fc.record({
      version: fc.constant(1),
      inputs: fc.dictionary(
        fc.string(),
        fc.record({ kind: fc.constantFrom('float', 'integer', 'image'), size: fc.anything() }),
      ),
      features: fc.dictionary(
        fc.string(),
        fc.record({ source: fc.string(), role: fc.anything(), steps, output: fc.anything() }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(graph, fc.jsonValue()), async (value) => {
        writeFileSync(
          join(folder, 'transform_graph.json'),
          JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? 1 : item)),
        );
        const outcome = await readTransformGraph(folder).catch((error: unknown) => error);
        expect(outcome).toMatchObject(
          (outcome as { version?: unknown }).version === 1 ? { version: 1 } : { code: 'transform-graph-invalid' },
        );
      }),
    );
  });

  test('a feature with its steps knows what it gives', () => {
    const steps: TransformStep[] = [{ op: 'cast' }];
    const fail = (what: string): never => {
      throw new Error(what);
    };
    expect(transformedFeature('n', { kind: 'integer' }, 'label', steps, fail).output).toEqual({
      dtype: 'float32',
      shape: [1],
    });
    expect(() => transformedFeature('n', { kind: 'integer' }, 'label', [], fail)).toThrow('gives int32, not float32');
  });
});
