import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { sha256Hex } from '../../../artifacts/digest.js';
import type { FeatureSpec } from '../../../components/formats/examples/examples-info.js';
import { encodeTFLite } from '../../../components/formats/tflite/tflite.js';
import type { TransformGraphFile } from '../../../components/formats/transform/transform-graph.js';
import { openDataset } from '../../../components/tensorflow/dataset.js';
import { inferenceGraph } from '../../../components/tensorflow/inference-graph.js';
import type { DescribedModel } from '../../../components/tensorflow/model-files.js';
import { loadLiteModel } from '../../../components/tensorflow/litert.js';
import { convertArtifacts } from '../../../components/tflite-converter/convert-artifacts.js';
import type { Conversion } from '../../../components/formats/conversion.js';
import { runBoth } from '../../../components/tflite-converter/run-both.js';
import { spec } from '../../../components/tflite-converter/spec.js';
import { examplesArtifact } from '../../rig/examples-artifact.js';
import { testContext, type TestContext } from '../../rig/execution-context.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { tf } from '../../rig/tensorflow.js';

const temporaryFolder = temporaryFolders();

const FEATURES = {
  image: { kind: 'image', encoding: 'raw', height: 2, width: 2, channels: 1 },
  label: { kind: 'label', classes: ['dark', 'light'] },
} as const satisfies Readonly<Record<string, FeatureSpec>>;

const GRAPH: TransformGraphFile = {
  version: 1,
  inputs: FEATURES,
  features: {
    image: {
      source: 'image',
      role: 'feature',
      steps: [{ op: 'cast' }, { op: 'scale', multiply: [1 / 255], add: [0] }],
      output: { dtype: 'float32', shape: [2, 2, 1] },
    },
    label: {
      source: 'label',
      role: 'label',
      steps: [],
      output: { dtype: 'int32', shape: [] },
      classes: FEATURES.label.classes,
    },
  },
};

/** A model that looks at the sum of the pixels; its factor may be any. */
function describedModel(factor: number, before: readonly ReturnType<typeof tf.layers.flatten>[] = []): DescribedModel {
  const input = tf.input({ shape: [2, 2, 1] });
  const flat = [...before, tf.layers.flatten({ name: 'flatten' })].reduce(
    (value, layer) => layer.apply(value) as typeof input,
    input,
  );
  const dense = tf.layers.dense({ units: 2, activation: 'softmax', name: 'classes' });
  const model: LayersModel = tf.model({ inputs: input, outputs: dense.apply(flat) as typeof input });
  tf.tidy(() => {
    dense.setWeights([tf.tensor2d(Array.from({ length: 4 }, () => [-factor, factor])), tf.tensor1d([factor, 0])]);
  });
  const { classes } = FEATURES.label;
  const info = { features: ['image'], label: 'label', classes, inputShape: [2, 2, 1], outputShape: [2] } as const;
  return { model, info: { version: 1, parameters: 10, ...info }, graph: GRAPH };
}

const SPLITS = {
  train: [{ image: Uint8Array.of(0, 0, 0, 0), label: 0 }],
  test: [
    { image: Uint8Array.of(0, 10, 20, 30), label: 0 },
    { image: Uint8Array.of(255, 200, 190, 180), label: 1 },
    { image: Uint8Array.of(90, 80, 70, 60), label: 0 },
  ],
};

const MODEL = { type: 'Model', digest: 'a'.repeat(64), path: '', properties: {} };

interface Outcome extends TestContext {
  readonly folder: string;
  readonly files: readonly string[];
  readonly running: Promise<void>;
}

async function convert(params: Record<string, unknown>, described = describedModel(0.7)): Promise<Outcome> {
  const folder = temporaryFolder();
  const examples = await examplesArtifact(folder, FEATURES, SPLITS);
  const tested = testContext({ folder, spec, params, inputs: { examples, model: MODEL } });
  const load = (): Promise<DescribedModel> => Promise.resolve(described);
  const before = tf.memory().numTensors;
  const tools = { backend: { tf, name: 'cpu', version: '4.22.0' }, load } as const;
  const running = convertArtifacts(tested.context as never, tools);
  await running.catch(() => undefined);
  // The weights of the model are gone too.
  expect(tf.memory().numTensors).toBe(before - 2);
  const output = tested.context.outputs['tflite_model']?.path ?? '';
  return { ...tested, folder: output, files: readdirSync(output).sort(), running };
}

describe('TFLiteConverter', () => {
  test('writes the file with what it is made of and how it was proved', async () => {
    const { folder, files, running, metrics, properties, progress, logs } = await convert({});
    await running;
    expect(files).toEqual(['conversion.json', 'model.tflite']);
    const bytes = readFileSync(join(folder, 'model.tflite'));
    const conversion = JSON.parse(readFileSync(join(folder, 'conversion.json'), 'utf8')) as Conversion;
    expect(conversion).toEqual({
      version: 1,
      model: 'a'.repeat(64),
      examples: 'e'.repeat(64),
      mode: 'float32',
      bytes: bytes.length,
      operators: ['CAST', 'MUL', 'ADD', 'RESHAPE', 'FULLY_CONNECTED', 'SOFTMAX'],
      minimum_runtime: '1.5.0',
      inputs: [{ name: 'image', dtype: 'uint8', shape: [1, 2, 2, 1] }],
      output: { name: 'probabilities', dtype: 'float32', shape: [1, 2] },
      comparison: {
        examples: 3,
        max_difference: expect.any(Number),
        at: expect.any(Number),
        mean_difference: expect.any(Number),
        agreement: 1,
        split: 'test',
        tolerance: 0.0001,
        backend: { name: 'cpu', version: '4.22.0' },
      },
    });
    expect(conversion.comparison.max_difference).toBeLessThan(1e-6);
    expect(properties).toEqual({ 'tflite_model.mode': 'float32', 'tflite_model.bytes': bytes.length });
    expect(metrics).toMatchObject({ bytes: bytes.length, agreement: 1 });
    expect(progress.at(-1)?.fraction).toBe(1);
    expect(logs.join()).toContain("6 operators; on 3 examples of 'test' its outputs are up to");
    // It takes pixels as they are: the sum of these is 1 after the transform.
    const runner = await loadLiteModel(bytes);
    const [dark = NaN, light = NaN] = await runner.run([Uint8Array.of(255, 0, 0, 0)]);
    runner.dispose();
    expect(light / dark).toBeCloseTo(Math.exp(0.7 - (-0.7 + 0.7)), 5);
  });

  test('gives the same bytes for the same model', async () => {
    const digests = [await convert({}), await convert({})].map(({ folder }) =>
      ['model.tflite', 'conversion.json'].map((file) => sha256Hex(readFileSync(join(folder, file)))),
    );
    expect(digests[0]).toEqual(digests[1]);
  });

  test('compares as many examples as it is told to', async () => {
    const { folder } = await convert({ split: 'test', compare: 2 });
    const { comparison } = JSON.parse(readFileSync(join(folder, 'conversion.json'), 'utf8')) as Conversion;
    expect(comparison.examples).toBe(2);
  });

  test('fails, and leaves nothing, when the outputs differ by more than is allowed', async () => {
    const { files, running } = await convert({ tolerance: 1e-12 });
    await expect(running).rejects.toMatchObject({ code: 'conversion-differs' });
    await expect(running).rejects.toThrow(
      /up to \S+e-8 from those of the model, at example \d of split 'test'; 1e-12 is allowed; 100 % of the examples/u,
    );
    expect(files).toEqual([]);
  });

  test('refuses weights that are no numbers', async () => {
    const { running } = await convert({}, describedModel(NaN));
    await expect(running).rejects.toThrow(
      "the outputs of the converted model are no numbers, at example 0 of split 'test'",
    );
  });

  test('refuses layers that it cannot convert', async () => {
    const { files, running } = await convert(
      {},
      describedModel(0.7, [tf.layers.upSampling2d({ size: [1, 1] }) as never]),
    );
    await expect(running).rejects.toMatchObject({ code: 'unsupported-layer' });
    await expect(running).rejects.toThrow('UpSampling2D');
    expect(files).toEqual([]);
  });
});

describe('a file with other weights', () => {
  test('is seen to differ from the model', async () => {
    const folder = temporaryFolder();
    const { path } = await examplesArtifact(folder, FEATURES, SPLITS);
    const { dataset } = await openDataset({ tf, folder: path, split: 'test', graph: GRAPH });
    const right = describedModel(0.7);
    const wrong = describedModel(-0.7);
    const { bytes } = encodeTFLite(inferenceGraph(wrong.model, wrong.info, wrong.graph));
    const signal = new AbortController().signal;
    const { model } = right;
    const compared = await runBoth({ tf, model, bytes, dataset, signal, progress: () => undefined });
    expect(compared.max_difference).toBeGreaterThan(0.1);
    expect(compared.agreement).toBeLessThan(1);
    const junk = new Uint8Array(64);
    await expect(runBoth({ tf, model, bytes: junk, dataset, signal, progress: () => undefined })).rejects.toMatchObject(
      {
        code: 'conversion-refused',
      },
    );
    model.dispose();
    wrong.model.dispose();
  });
});
