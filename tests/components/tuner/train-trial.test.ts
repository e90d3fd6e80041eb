import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkParams } from '../../../components/params.js';
import { randomStream } from '../../../components/random.js';
import { loadBackend } from '../../../components/tensorflow/backend.js';
import { fittingParams, type FittingParams } from '../../../components/training-params.js';
import { trialTrainer, type TrainTrial } from '../../../components/tuner/train-trial.js';
import { examplesArtifact } from '../../rig/examples-artifact.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

function training(): FittingParams {
  const layers = [
    { Dense: { units: { hp: 'units' }, activation: 'relu', kernel_regularizer: { l2: { hp: 'decay' } } } },
    { Dropout: { rate: 0.2 } },
    { Dense: { units: 2, activation: 'softmax' } },
  ];
  const checked = checkParams(fittingParams, { model: { layers }, batch_size: 16 }, [], {
    problem: ({ message }) => {
      throw new Error(message);
    },
    resource: () => undefined,
  });
  if (checked === undefined) throw new Error('invalid');
  return checked;
}

/** A trainer on points whose class says which of both coordinates is larger. */
async function trainer(folder: string): Promise<TrainTrial> {
  const random = randomStream(1, 'points');
  const points = Array.from({ length: 80 }, () => {
    const point = [random.uniform(), random.uniform()] as const;
    return { point: Float32Array.from(point), side: point[0] > point[1] ? 1 : 0 };
  });
  const features = { point: { kind: 'float', size: 2 }, side: { kind: 'label', classes: ['below', 'above'] } } as const;
  const examples = await examplesArtifact(folder, features, { train: points.slice(20), eval: points.slice(0, 20) });
  const setup = { examples: examples.path, transformGraph: undefined, seed: 5, baseDir: folder };
  return await trialTrainer({ training: training(), ...setup }, () => undefined);
}

const ignore = (): void => undefined;

describe('a trial', () => {
  test('that is promoted goes on in the same bits as a training that was never interrupted', async () => {
    const folder = temporaryFolder();
    const train = await trainer(folder);
    const values = { units: 8, decay: 0 };
    const whole = await train({ values, epochs: 4, checkpointDir: join(folder, 'whole') }, ignore);
    expect(whole.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    const checkpointDir = join(folder, 'rounds');
    expect(await train({ values, epochs: 2, checkpointDir }, ignore)).toEqual(whole.slice(0, 2));
    // Another configuration comes in between.
    await train({ values: { units: 3, decay: 0.1 }, epochs: 1, checkpointDir: join(folder, 'other') }, ignore);
    const fractions: number[] = [];
    const history = await train({ values, epochs: 4, checkpointDir }, ({ fraction }) => fractions.push(fraction ?? 0));
    expect(history).toEqual(whole);
    // It began after the first half.
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0.5);
  });

  test('leaves no tensor behind, whether it ends well or not', async () => {
    const folder = temporaryFolder();
    const train = await trainer(folder);
    const { tf } = await loadBackend(ignore);
    const run = async (decay: number): Promise<void> => {
      await train({ values: { units: 4, decay }, epochs: 2, checkpointDir: join(folder, String(decay)) }, ignore);
    };
    await run(0);
    const before = tf.memory().numTensors;
    await run(0.001);
    await expect(run(1e39)).rejects.toMatchObject({ code: 'loss-not-finite' });
    expect(tf.memory().numTensors).toBe(before);
  });
});
