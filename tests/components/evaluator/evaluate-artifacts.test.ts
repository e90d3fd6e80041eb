import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { evaluateArtifacts, type ModelLoader } from '../../../components/evaluator/evaluate-artifacts.js';
import type { Evaluation } from '../../../components/evaluator/evaluation.js';
import { spec } from '../../../components/evaluator/spec.js';
import type { Blessing } from '../../../components/formats/blessing.js';
import type { FeatureSpec } from '../../../components/formats/examples/examples-info.js';
import type { ExampleValues } from '../../../components/formats/examples/examples-writer.js';
import { defaultTransformGraph } from '../../../components/tensorflow/dataset.js';
import { examplesArtifact } from '../../rig/examples-artifact.js';
import { testContext, type TestContext } from '../../rig/execution-context.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { tf } from '../../rig/tensorflow.js';

const temporaryFolder = temporaryFolders();

const FEATURES = {
  image: { kind: 'image', encoding: 'raw', height: 1, width: 2, channels: 1 },
  label: { kind: 'label', classes: ['left', '<script>alert(1)</script>'] },
} as const satisfies Readonly<Record<string, FeatureSpec>>;

const row = (left: number, right: number, label: number): ExampleValues => ({
  image: Uint8Array.of(left, right),
  label,
});

const SPLITS = {
  train: [row(0, 0, 0)],
  eval: [row(9, 0, 0)],
  test: [row(9, 0, 0), row(0, 9, 1), row(8, 0, 1), row(0, 7, 0)],
};

/** A model that says which pixel is brighter; `turned`, the other way round. */
function brighter(turned: boolean): LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [1, 2, 1] }), tf.layers.dense({ units: 2, activation: 'softmax' })],
  });
  const kernel = turned
    ? [
        [0, 1],
        [1, 0],
      ]
    : [
        [1, 0],
        [0, 1],
      ];
  tf.tidy(() => {
    model.setWeights([tf.tensor2d(kernel), tf.zeros([2])]);
  });
  return model;
}

/** Loads one model from every folder: a good one from `good`, else one that is always wrong. */
const load: ModelLoader = (folder) =>
  Promise.resolve({
    model: brighter(folder !== 'good'),
    info: {
      version: 1,
      features: ['image'],
      label: 'label',
      classes: FEATURES.label.classes,
      inputShape: [1, 2, 1],
      outputShape: [2],
      parameters: 6,
    },
    graph: defaultTransformGraph({ version: 1, features: FEATURES, splits: {} }),
  });

interface Outcome extends TestContext {
  readonly evaluation: Evaluation;
  readonly blessing: Blessing;
  readonly files: readonly string[];
  readonly report: string;
}

async function run(
  params: Record<string, unknown>,
  options: { model?: string; baseline?: string; splits?: typeof SPLITS } = {},
): Promise<Outcome> {
  const folder = temporaryFolder();
  const model = (path: string, letter: string): unknown => ({
    type: 'Model',
    digest: letter.repeat(64),
    path,
    properties: {},
  });
  const inputs = {
    examples: await examplesArtifact(folder, FEATURES, options.splits ?? SPLITS),
    model: model(options.model ?? 'good', 'a'),
    ...(options.baseline === undefined ? {} : { baseline_model: model(options.baseline, 'b') }),
  };
  const context = testContext({ folder, spec, params, inputs: inputs as never });
  const before = tf.memory().numTensors;
  await evaluateArtifacts(context.context as never, { backend: { tf, name: 'cpu', version: '4.22.0' }, load });
  expect(tf.memory().numTensors).toBe(before);
  const evaluationPath = context.context.outputs['evaluation']?.path ?? '';
  const blessingPath = context.context.outputs['blessing']?.path ?? '';
  return {
    ...context,
    evaluation: JSON.parse(readFileSync(join(evaluationPath, 'evaluation.json'), 'utf8')) as Evaluation,
    report: readFileSync(join(evaluationPath, 'report.html'), 'utf8'),
    blessing: JSON.parse(readFileSync(join(blessingPath, 'blessing.json'), 'utf8')) as Blessing,
    files: readdirSync(blessingPath).sort(),
  };
}

describe('Evaluator', () => {
  test('measures, judges, and says which model and examples the numbers belong to', async () => {
    const { evaluation, blessing, files, report, metrics, properties, progress } = await run({
      batch_size: 3,
      thresholds: { accuracy: { minimum: 0.5 } },
    });
    expect(evaluation).toMatchObject({
      version: 1,
      model: 'a'.repeat(64),
      baseline_model: null,
      examples: 'e'.repeat(64),
      split: 'test',
      count: 4,
      label: 'label',
      backend: { name: 'cpu', version: '4.22.0' },
      kind: 'classification',
      metrics: { accuracy: 0.5, macro_f1: 0.5 },
      confusion_matrix: [
        [1, 1],
        [1, 1],
      ],
    });
    expect(blessing).toMatchObject({
      blessed: true,
      model: 'a'.repeat(64),
      reasons: ['accuracy is 0.5, as the minimum of 0.5 allows'],
    });
    expect(files).toEqual(['BLESSED', 'blessing.json']);
    expect(properties).toEqual({ 'evaluation.examples': 4, 'blessing.blessed': 1 });
    expect(Object.keys(metrics).sort()).toEqual(['accuracy', 'loss', 'macro_f1']);
    expect(progress.at(-1)).toMatchObject({ message: 'predicting', fraction: 1 });
    // The surest mistake first, with its pixels.
    expect(report).toMatch(
      /alt="example 2" src="data:image\/png;base64,[^]*alt="example 3" src="data:image\/png;base64,/u,
    );
    expect(report).not.toContain('<script');
  });

  test('an unblessed model is no failed step', async () => {
    const { blessing, files, properties, logs } = await run({ thresholds: { accuracy: { minimum: 0.75 } } });
    expect(blessing.blessed).toBe(false);
    expect(files).toEqual(['NOT_BLESSED', 'blessing.json']);
    expect(properties['blessing.blessed']).toBe(0);
    expect(logs).toContain('warn: the model is not blessed: accuracy is 0.5, below the minimum of 0.75');
    expect((await run({})).files).toEqual(['NOT_BLESSED', 'blessing.json']);
  });

  test('takes the split `test` unless another is named or there is only `eval`', async () => {
    expect((await run({ split: 'eval' })).evaluation).toMatchObject({
      split: 'eval',
      count: 1,
      metrics: { accuracy: 1 },
    });
    const { train, eval: evaluationRows } = SPLITS;
    const splits = { train, eval: evaluationRows } as typeof SPLITS;
    expect((await run({}, { splits })).evaluation.split).toBe('eval');
    await expect(run({}, { splits: { train } as typeof SPLITS })).rejects.toMatchObject({
      code: 'split-missing',
      hint: expect.stringContaining('train'),
    });
    await expect(run({}, { splits: { ...SPLITS, test: [] } })).rejects.toMatchObject({ code: 'split-empty' });
  });

  test('compares with a baseline on the same split', async () => {
    const thresholds = { thresholds: { accuracy: { minimum_change: 0.5 } } };
    const better = await run({ split: 'eval', ...thresholds }, { baseline: 'bad' });
    expect(better.evaluation).toMatchObject({ baseline_model: 'b'.repeat(64), baseline_metrics: { accuracy: 0 } });
    expect(better.blessing.blessed).toBe(true);
    const worse = await run({ split: 'eval', ...thresholds }, { model: 'bad', baseline: 'good' });
    expect(worse.blessing).toMatchObject({ blessed: false, checks: [{ value: -1, passed: false }] });
  });

  test('bounds single classes, by names that there are', async () => {
    const { blessing } = await run({ class_thresholds: { left: { recall: { minimum: 0.6 } } } });
    expect(blessing.reasons).toEqual(['recall of left is 0.5, below the minimum of 0.6']);
    await expect(run({ class_thresholds: { lift: { recall: { minimum: 0.6 } } } })).rejects.toMatchObject({
      code: 'class-unknown',
      hint: "did you mean 'left'?",
    });
  });

  test('writes the same bytes again', async () => {
    const [one, other] = [await run({}), await run({})];
    expect(other.report).toBe(one.report);
    expect(other.evaluation).toEqual(one.evaluation);
  });

  test('writes nothing when it fails', async () => {
    const folder = temporaryFolder();
    const examples = await examplesArtifact(folder, FEATURES, { other: SPLITS.test });
    const model = { type: 'Model', digest: 'a'.repeat(64), path: 'good', properties: {} };
    const { context } = testContext({ folder, spec, params: {}, inputs: { examples, model } });
    const running = evaluateArtifacts(context as never, { backend: { tf, name: 'cpu', version: '4.22.0' }, load });
    await expect(running).rejects.toMatchObject({ code: 'split-missing' });
    expect(existsSync(join(context.outputs['blessing']?.path ?? '', 'blessing.json'))).toBe(false);
  });
});
