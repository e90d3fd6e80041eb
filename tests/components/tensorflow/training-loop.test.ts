import { describe, expect, test } from '@jest/globals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { loadBackend } from '../../../components/tensorflow/backend.js';
import { buildModel } from '../../../components/tensorflow/build-model.js';
import { modelValues } from '../../../components/tensorflow/checkpoint.js';
import type { Dataset } from '../../../components/tensorflow/dataset.js';
import { train, type EpochRecord, type TrainingOptions } from '../../../components/tensorflow/training-loop.js';
import { trainingParams, type TrainingParams } from '../../../components/training-params.js';
import { checkParams } from '../../../components/params.js';
import { randomStream } from '../../../components/random.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { unattended } from '../../rig/unattended-training.js';

const temporaryFolder = temporaryFolders();
const backend = await loadBackend(() => undefined);

/** Images of 6 × 6 whose brighter half says the class. */
function halves(examples: number, seed: number): Dataset {
  const { tf } = backend;
  const random = randomStream(seed, 'images');
  const labels = Int32Array.from({ length: examples }, () => random.integer(2));
  const pixels = Array.from(labels, (label) =>
    Float32Array.from({ length: 36 }, (_, at) => random.uniform() + (Math.floor(at / 18) === label ? 0.3 : 0)),
  );
  return {
    examples,
    features: ['image'],
    label: 'label',
    classes: ['top', 'bottom'],
    inputShape: [6, 6, 1],
    labels,
    image: () => undefined,
    raw: () => new Map(),
    batch: (rows) => ({
      xs: tf.tensor4d(
        [...rows].flatMap((row) => [...(pixels[row] ?? [])]),
        [rows.length, 6, 6, 1],
      ),
      ys: tf.tensor1d(
        [...rows].map((row) => labels[row] ?? 0),
        'int32',
      ),
    }),
  };
}

function params(given: Record<string, unknown> = {}): TrainingParams {
  const layers = [
    { Conv2D: { filters: 4, kernel_size: 3, activation: 'relu' } },
    { BatchNormalization: { momentum: 0.9 } },
    { GaussianNoise: { stddev: 0.1 } },
    'Flatten',
    { Dropout: { rate: 0.4 } },
    { Dense: { units: 2, activation: 'softmax' } },
  ];
  const checked = checkParams(trainingParams, { model: { layers }, ...given }, [], {
    problem: (problem) => {
      throw new Error(problem.message);
    },
    resource: () => undefined,
  });
  if (checked === undefined) throw new Error('invalid');
  return checked;
}

async function newModel(training: TrainingParams): Promise<LayersModel> {
  return await buildModel({
    backend,
    training,
    inputShape: [6, 6, 1],
    classes: ['top', 'bottom'],
    seed: 7,
    baseDir: '.',
    hp: {},
  });
}

async function options(epochs: number, more: Partial<TrainingOptions> = {}): Promise<TrainingOptions> {
  const training = params();
  return {
    backend,
    model: await newModel(training),
    loss: training.loss,
    train: halves(50, 1),
    evaluation: halves(30, 2),
    epochs,
    batchSize: 16,
    seed: 7,
    ...unattended(),
    ...more,
  };
}

describe('training', () => {
  test('learns, and gives the same bits every time', async () => {
    const first = await options(12);
    const second = await options(12);
    const { history } = await train(first);
    expect(history.at(-1)?.val_accuracy).toBeGreaterThan(0.8);
    expect((await train(second)).history).toEqual(history);
    expect(await modelValues(second.model)).toEqual(await modelValues(first.model));
  });

  test('resumes from a checkpoint and ends in the bits of an uninterrupted training', async () => {
    const whole = await options(4);
    const { history } = await train(whole);
    const checkpointDir = temporaryFolder();
    const controller = new AbortController();
    const seen: EpochRecord[] = [];
    const broken = await options(4, {
      checkpointDir,
      signal: controller.signal,
      onEpoch: (record) => {
        seen.push(record);
        if (record.epoch === 2) controller.abort(new Error('killed'));
      },
    });
    await expect(train(broken)).rejects.toThrow('killed');
    const from: number[] = [];
    const resumed = await options(4, {
      checkpointDir,
      onResume: (epochs) => from.push(epochs),
      onEpoch: (record) => seen.push(record),
    });
    expect((await train(resumed)).history).toEqual(history);
    expect(from).toEqual([2]);
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(await modelValues(resumed.model)).toEqual(await modelValues(whole.model));
  });

  test.each([
    [0, 2],
    [1, 2],
    [2, 3],
    [3, 4],
  ])('with a patience of %i it stops where Keras does, after %i epochs', async (patience, epochs) => {
    const earlyStopping = { monitor: 'val_loss', patience, min_delta: 10, restore_best_weights: true } as const;
    expect((await train(await options(6, { earlyStopping }))).history).toHaveLength(epochs);
  });

  test('stops early and ends with the weights of the best epoch', async () => {
    const earlyStopping = {
      monitor: 'val_loss',
      patience: 0,
      min_delta: 10,
      restore_best_weights: true,
    } as const;
    const stopped = await options(5, { earlyStopping });
    const result = await train(stopped);
    expect(result).toMatchObject({ stoppedEarly: true, epoch: 1 });
    expect(result.history).toHaveLength(2);
    const once = await options(1);
    await train(once);
    expect(await modelValues(stopped.model)).toEqual(await modelValues(once.model));
  });

  test('leaves no tensor behind', async () => {
    const { tf } = backend;
    await train(await options(1));
    const setup = await options(3);
    await train({ ...setup, epochs: 1 });
    const before = tf.memory().numTensors;
    await train({ ...setup, epochs: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a loss that is not finite ends it', async () => {
    const broken: Dataset = {
      ...halves(50, 1),
      batch: (rows) => ({
        xs: backend.tf.fill([rows.length, 6, 6, 1], NaN),
        ys: backend.tf.zeros([rows.length], 'int32'),
      }),
    };
    await expect(train(await options(2, { train: broken }))).rejects.toMatchObject({ code: 'loss-not-finite' });
  });

  test('fewer examples than a batch are a batch', async () => {
    const { history } = await train(await options(2, { train: halves(3, 1), evaluation: halves(1, 2) }));
    expect(history.every(({ loss, val_loss: other }) => Number.isFinite(loss) && Number.isFinite(other))).toBe(true);
  });

  test('a layer that does not fit is named', async () => {
    const layers = [{ Conv2D: { filters: 2, kernel_size: 9 } }, 'Flatten', { Dense: { units: 2 } }];
    await expect(newModel(params({ model: { layers } }))).rejects.toThrow(/layer 0 \(Conv2D\)/u);
    const short = ['Flatten', { Dense: { units: 3, activation: 'softmax' } }];
    await expect(newModel(params({ model: { layers: short } }))).rejects.toMatchObject({ code: 'output-unfit' });
  });
});
