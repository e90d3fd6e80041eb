/**
 * Trains configurations: the data is opened once, then one model after the other is built, trained and thrown away; what
 * is to last stands in its checkpoint.
 */
import { StepError, type Progress } from '../executor.js';
import type { Json } from '../params.js';
import { loadBackend } from '../tensorflow/backend.js';
import { buildModel } from '../tensorflow/build-model.js';
import { openTrainingData } from '../tensorflow/training-data.js';
import { train, type EpochRecord } from '../tensorflow/training-loop.js';
import { resolveHyperparameters, type FittingParams } from '../training-params.js';
import type { TrialOrder, TrialSetup } from './trial-message.js';

/** Trains one configuration. @throws StepError when it cannot be trained */
export type TrainTrial = (
  order: TrialOrder,
  onProgress: (progress: Progress) => void,
) => Promise<readonly EpochRecord[]>;

function checkFinite(history: readonly EpochRecord[]): void {
  for (const record of history) {
    const found = Object.entries<number>({ ...record }).find(([, value]) => !Number.isFinite(value));
    if (found === undefined) continue;
    const [name, value] = found;
    throw new StepError('score-not-finite', `${name} became ${String(value)} in epoch ${String(record.epoch)}`);
  }
}

/**
 * Opens the data of a search.
 *
 * @throws StepError when the backend or the data cannot be used, whatever the configuration
 */
export async function trialTrainer(setup: TrialSetup, warn: (message: string) => void): Promise<TrainTrial> {
  const { training, examples, transformGraph, seed, baseDir } = setup;
  const backend = await loadBackend(warn);
  const data = await openTrainingData({ tf: backend.tf, examples, transformGraph, params: training });
  const { inputShape, classes } = data.train;
  return async ({ values: hp, epochs, checkpointDir }, onProgress) => {
    const params = resolveHyperparameters(training as unknown as Json, hp, (name) => {
      throw new Error(`no value of ${name}`);
    }) as unknown as FittingParams;
    const model = await buildModel({ backend, training: params, inputShape, classes, seed, baseDir, hp });
    try {
      const { history } = await train({
        backend,
        model,
        loss: params.loss,
        train: data.train,
        evaluation: data.evaluation,
        epochs,
        batchSize: params.batch_size as number,
        seed,
        earlyStopping: params.early_stopping,
        checkpointDir,
        signal: new AbortController().signal,
        onResume: () => undefined,
        onEpoch: () => undefined,
        onProgress,
      });
      checkFinite(history);
      return history;
    } finally {
      model.optimizer.dispose();
      model.dispose();
    }
  };
}
