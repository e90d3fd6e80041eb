import { describe, expect, test } from '@jest/globals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { evaluate, type Measured } from '../../../components/evaluator/evaluate.js';
import type { FeatureSpec } from '../../../components/formats/examples/examples-info.js';
import type { ExampleValues } from '../../../components/formats/examples/examples-writer.js';
import type { TransformGraphFile } from '../../../components/formats/transform/transform-graph.js';
import type { Progress } from '../../../components/executor.js';
import { openDataset, type Dataset } from '../../../components/tensorflow/dataset.js';
import { examplesArtifact } from '../../rig/examples-artifact.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { tf } from '../../rig/tensorflow.js';

const temporaryFolder = temporaryFolders();

/** A model of one dense layer with the weights given: one column an output. */
function dense(kernel: number[][], activation: 'softmax' | 'sigmoid' | 'linear'): LayersModel {
  const units = kernel[0]?.length ?? 0;
  const model = tf.sequential({ layers: [tf.layers.dense({ units, activation, inputShape: [kernel.length] })] });
  tf.tidy(() => {
    model.setWeights([tf.tensor2d(kernel), tf.zeros([units])]);
  });
  return model;
}

async function datasetOf(
  features: Readonly<Record<string, FeatureSpec>>,
  rows: readonly ExampleValues[],
  graph?: TransformGraphFile,
): Promise<Dataset> {
  const { path } = await examplesArtifact(temporaryFolder(), features, { test: rows });
  return (await openDataset({ tf, folder: path, split: 'test', graph })).dataset;
}

const CLASSES = { x: { kind: 'float', size: 2 }, y: { kind: 'label', classes: ['a', 'b'] } } as const;
const row = (first: number, second: number, y: number): ExampleValues => ({ x: Float32Array.of(first, second), y });

async function measure(
  model: LayersModel,
  dataset: Dataset,
  more: { batchSize?: number; progress?: Progress[] } = {},
): Promise<Measured> {
  return evaluate({
    tf,
    model,
    dataset,
    batchSize: more.batchSize ?? 2,
    topK: [1],
    keptMistakes: 5,
    signal: new AbortController().signal,
    progress: (update) => more.progress?.push(update),
  });
}

describe('evaluating a model', () => {
  test('measures what it predicts, batch by batch, and leaves no tensor', async () => {
    const dataset = await datasetOf(CLASSES, [row(3, 0, 0), row(0, 3, 1), row(4, 0, 1)]);
    const model = dense(
      [
        [1, 0],
        [0, 1],
      ],
      'softmax',
    );
    const before = tf.memory().numTensors;
    const progress: Progress[] = [];
    const { result, mistakes } = await measure(model, dataset, { progress });
    expect(tf.memory().numTensors).toBe(before);
    expect(result.metrics['accuracy']).toBeCloseTo(2 / 3, 12);
    // −ln of the softmax of 3 and 0 is ln(1 + e⁻³); of the wrong one of 4 and 0 it is ln(1 + e⁴).
    expect(result.metrics['loss']).toBeCloseTo((2 * Math.log(1 + Math.exp(-3)) + Math.log(1 + Math.exp(4))) / 3, 5);
    expect(mistakes).toMatchObject([{ row: 2, label: 1, predicted: 0 }]);
    expect(progress.map(({ fraction }) => fraction)).toEqual([2 / 3, 1]);
    expect((await measure(model, dataset, { batchSize: 100 })).result.metrics['accuracy']).toBeCloseTo(2 / 3, 12);
    model.dispose();
  });

  test('of one output of two classes, and of a number', async () => {
    const binary = dense([[0], [1]], 'sigmoid');
    const two = await datasetOf(CLASSES, [row(0, 1, 1), row(0, -1, 1)]);
    expect((await measure(binary, two)).result).toMatchObject({
      loss: 'binary_crossentropy',
      metrics: { accuracy: 0.5 },
    });
    const features = { x: CLASSES.x, y: { kind: 'float', size: 1 } } as const;
    const graph: TransformGraphFile = {
      version: 1,
      inputs: features,
      features: {
        x: { source: 'x', role: 'feature', steps: [], output: { dtype: 'float32', shape: [2] } },
        y: { source: 'y', role: 'label', steps: [], output: { dtype: 'float32', shape: [1] } },
      },
    };
    const rows = [1, 2].map((y) => ({ x: Float32Array.of(y, 1), y: Float32Array.of(y) }));
    const { result } = await measure(dense([[1], [1]], 'linear'), await datasetOf(features, rows, graph));
    expect(result).toMatchObject({ kind: 'regression', metrics: { loss: 1, mean_absolute_error: 1 } });
  });

  test('refuses a model whose outputs do not fit the label', async () => {
    const dataset = await datasetOf(CLASSES, [row(0, 0, 0)]);
    await expect(
      measure(
        dense(
          [
            [1, 2, 3],
            [1, 2, 3],
          ],
          'softmax',
        ),
        dataset,
      ),
    ).rejects.toMatchObject({
      code: 'model-output-unexpected',
      message: 'the model gives [3] an example, which does not fit 2 classes',
    });
  });

  test('refuses a model that takes something else', async () => {
    const dataset = await datasetOf(CLASSES, [row(0, 0, 0)]);
    const model = dense(
      [
        [1, 0],
        [1, 0],
        [1, 0],
      ],
      'softmax',
    );
    await expect(measure(model, dataset)).rejects.toMatchObject({
      code: 'model-input-unexpected',
      message: 'the model takes [3] an example, but the transform gives [2]',
    });
  });

  test('refuses outputs that are not finite', async () => {
    const dataset = await datasetOf(CLASSES, [row(0, 0, 0), row(1, 1, 1)]);
    const model = dense(
      [
        [NaN, 0],
        [0, 0],
      ],
      'softmax',
    );
    const before = tf.memory().numTensors;
    await expect(measure(model, dataset)).rejects.toMatchObject({ code: 'output-not-finite' });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('stops when it is aborted', async () => {
    const dataset = await datasetOf(CLASSES, [row(0, 0, 0)]);
    const signal = AbortSignal.abort(new Error('canceled'));
    const model = dense(
      [
        [1, 0],
        [0, 1],
      ],
      'softmax',
    );
    const options = { tf, model, dataset, batchSize: 1, topK: [], keptMistakes: 1, progress: () => undefined };
    await expect(evaluate({ ...options, signal })).rejects.toThrow('canceled');
  });
});
