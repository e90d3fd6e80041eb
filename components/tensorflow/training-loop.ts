/**
 * Trains a compiled model, epoch by epoch. Everything random comes from the seed and the number of the epoch and step, and
 * a checkpoint holds all the rest: a training that was killed ends in the same bits as one that was not.
 */
import { setImmediate } from 'node:timers/promises';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError, type Progress } from '../executor.js';
import { randomStream } from '../random.js';
import type { EarlyStoppingParam, LossName } from '../training-params.js';
import type { Backend } from './backend.js';
import {
  modelValues,
  optimizerValues,
  readCheckpoint,
  setModelValues,
  setOptimizerValues,
  writeCheckpoint,
  type TensorValues,
} from './checkpoint.js';
import type { Dataset } from './dataset.js';
import type { TensorFlow } from './tensorflow.js';

/** Means over one epoch. `accuracy` only where the model measures it, `val_…` only where there is a validation split. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy?: number;
  readonly val_loss?: number;
  readonly val_accuracy?: number;
}

/** What to train, on what, how long. */
export interface TrainingOptions {
  readonly backend: Backend;
  /** Compiled with `loss` and at most the metric accuracy. */
  readonly model: LayersModel;
  readonly loss: LossName;
  readonly train: Dataset;
  readonly evaluation: Dataset | undefined;
  /** Epochs in all, those of a checkpoint included. */
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly earlyStopping: EarlyStoppingParam | undefined;
  /** Folder to resume from and to keep checkpoints in; undefined: none are kept. */
  readonly checkpointDir: string | undefined;
  readonly signal: AbortSignal;
  /** Told when a checkpoint is gone on from, how many epochs it has. */
  readonly onResume: (epochs: number) => void;
  readonly onEpoch: (record: EpochRecord) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** How a training went. */
export interface TrainingResult {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the model has. */
  readonly epoch: number;
  readonly stoppedEarly: boolean;
}

interface State {
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number;
  readonly stopped: boolean;
}

/** Examples that are evaluated at once. */
const EVALUATED_AT_ONCE = 256;

/** Milliseconds between two reports of progress. */
const REPORT_MS = 250;

/** What the loss is computed against: [n, 1] for indices and numbers, [n, classes] one-hot. Disposes `ys`. */
function targets(tf: TensorFlow, ys: Tensor, loss: LossName, classes: number): Tensor {
  const made = tf.tidy(() =>
    loss === 'categorical_crossentropy'
      ? tf.cast(tf.oneHot(tf.cast(tf.reshape<Rank.R1>(ys, [-1]), 'int32'), classes), 'float32')
      : tf.reshape(tf.cast(ys, 'float32'), [-1, 1]),
  );
  ys.dispose();
  return made;
}

/** Draws noise from a stream while `work` goes on: layers such as dropout ask Math.random for their seeds. */
async function withRandom<T>(uniform: () => number, work: () => Promise<T>): Promise<T> {
  const original = Math.random;
  Math.random = uniform;
  try {
    return await work();
  } finally {
    Math.random = original;
  }
}

function rowsOf(order: Uint32Array, batchSize: number): readonly Uint32Array[] {
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, index) =>
    order.subarray(index * batchSize, (index + 1) * batchSize),
  );
}

async function evaluate(
  options: TrainingOptions,
  dataset: Dataset,
): Promise<{ loss: number; accuracy: number | undefined }> {
  const { backend, model, loss, signal } = options;
  const { tf } = backend;
  const order = Uint32Array.from({ length: dataset.examples }, (_, row) => row);
  const sums = [0, 0];
  let measures = 0;
  for (const rows of rowsOf(order, EVALUATED_AT_ONCE)) {
    signal.throwIfAborted();
    const { xs, ys } = dataset.batch(rows);
    const against = targets(tf, ys, loss, dataset.classes.length);
    const scalars = [model.evaluate(xs, against, { batchSize: rows.length })].flat();
    measures = scalars.length;
    for (const [index, scalar] of scalars.entries()) {
      sums[index] = (sums[index] ?? 0) + ((await scalar.data())[0] ?? NaN) * rows.length;
    }
    tf.dispose([xs, against, ...scalars]);
    await setImmediate();
  }
  const mean = (sum = NaN): number => sum / dataset.examples;
  return { loss: mean(sums[0]), accuracy: measures > 1 ? mean(sums[1]) : undefined };
}

/** What TensorFlow.js says of a model that it can compute, but not train, or not with this backend. */
const LACKING = /not registered for backend|gradient function not found|not (?:yet )?(?:supported|implemented)/u;

function asStepError(error: unknown, { name }: Backend): unknown {
  const message = errorMessage(error);
  if (!LACKING.test(message)) return error;
  return new StepError(
    'not-trainable',
    `the model cannot be trained on the backend ${name}: ${message}`,
    'TensorFlow.js lacks what one of its layers needs: use another layer, or another backend by PIPELINE_BACKEND',
  );
}

/** @param pause - seconds between two epochs, which validation and checkpoint take */
async function trainEpoch(options: TrainingOptions, epoch: number, pause: number): Promise<EpochRecord> {
  const { backend, model, loss, train, epochs, batchSize, seed, signal, onProgress } = options;
  const { tf } = backend;
  const order = Uint32Array.from({ length: train.examples }, (_, row) => row);
  randomStream(seed, 'shuffle', epoch).shuffle(order);
  const noise = randomStream(seed, 'noise', epoch);
  const started = performance.now();
  let reported = 0;
  let seen = 0;
  const sums = [0, 0];
  let measures = 0;
  for (const rows of rowsOf(order, batchSize)) {
    signal.throwIfAborted();
    const { xs, ys } = train.batch(rows);
    const against = targets(tf, ys, loss, train.classes.length);
    const values = await withRandom(noise.uniform, async () => {
      try {
        return [await model.trainOnBatch(xs, against)].flat();
      } catch (error) {
        throw asStepError(error, backend);
      } finally {
        tf.dispose([xs, against]);
      }
    });
    measures = values.length;
    for (const [index, value] of values.entries()) sums[index] = (sums[index] ?? 0) + value * rows.length;
    if (!Number.isFinite(values[0])) {
      throw new StepError(
        'loss-not-finite',
        `the loss became ${String(values[0])} in epoch ${String(epoch)} after ${String(seen)} examples`,
        'lower the learning rate, or look for values that are not finite in the examples',
      );
    }
    seen += rows.length;
    const now = performance.now();
    if (now - reported > REPORT_MS || seen === train.examples) {
      reported = now;
      const rate = (1000 * seen) / (now - started);
      const left = (epochs - epoch + 1) * train.examples - seen;
      onProgress({
        message: `epoch ${String(epoch)}/${String(epochs)}`,
        fraction: (epoch - 1 + seen / train.examples) / epochs,
        rate: { value: rate, unit: train.inputShape.length === 3 ? 'images' : 'examples' },
        etaSeconds: left / rate + (epochs - epoch + 1) * pause,
      });
    }
    // The loop must breathe: signals and messages come in between.
    await setImmediate();
  }
  const mean = (sum = NaN): number => sum / train.examples;
  return { epoch, loss: mean(sums[0]), ...(measures > 1 ? { accuracy: mean(sums[1]) } : {}) };
}

/** A loss that is clipped stays finite when the weights are not: they are looked at themselves. */
function checkFinite(weights: readonly TensorValues[], epoch: number): void {
  if (weights.every(({ values }) => values.every(Number.isFinite))) return;
  throw new StepError(
    'loss-not-finite',
    `weights are no longer finite after epoch ${String(epoch)}`,
    'lower the learning rate, or look for values that are not finite in the examples',
  );
}

/** Whether an epoch is better than the best so far, by what early stopping looks at. */
function isBetter(
  { monitor, min_delta }: EarlyStoppingParam,
  record: EpochRecord,
  best: EpochRecord | undefined,
): boolean {
  const value = record[monitor];
  const before = best?.[monitor];
  if (value === undefined) {
    throw new StepError(
      'not-measured',
      `early_stopping looks at ${monitor}, which is not measured`,
      'see metrics and eval_split',
    );
  }
  if (before === undefined) return true;
  return monitor.endsWith('loss') ? value < before - min_delta : value > before + min_delta;
}

/**
 * Trains up to an epoch, from the checkpoint if there is one. The model then has the weights of the last epoch, or of the
 * best one where early stopping restores them.
 *
 * @throws StepError `loss-not-finite` when the training diverges, `not-trainable` when the backend lacks what the model
 * needs; the signal's reason when it aborts
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const { backend, model, evaluation, epochs, earlyStopping, checkpointDir, signal, onResume, onEpoch } = options;
  const { tf } = backend;
  const optimizer = model.optimizer;
  let state: State = { history: [], bestEpoch: 0, stopped: false };
  let best: readonly TensorValues[] = [];
  const found = checkpointDir === undefined ? undefined : await readCheckpoint<State>(checkpointDir);
  if (found !== undefined && found.state.history.length <= epochs) {
    setModelValues(tf, model, found.weights);
    await setOptimizerValues(tf, optimizer, found.optimizer);
    ({ state, best } = found);
    onResume(state.history.length);
  }
  const keepsBest = earlyStopping?.restore_best_weights === true;
  let pause = 0;
  for (let epoch = state.history.length + 1; epoch <= epochs && !state.stopped; epoch++) {
    const trained = await trainEpoch(options, epoch, pause);
    const ended = performance.now();
    const weights = await modelValues(model);
    checkFinite(weights, epoch);
    const measured = evaluation && (await evaluate(options, evaluation));
    const record: EpochRecord = {
      ...trained,
      ...(measured === undefined ? {} : { val_loss: measured.loss }),
      ...(measured?.accuracy === undefined ? {} : { val_accuracy: measured.accuracy }),
    };
    let { bestEpoch } = state;
    if (earlyStopping === undefined || isBetter(earlyStopping, record, state.history[bestEpoch - 1])) {
      bestEpoch = epoch;
      if (keepsBest) best = weights;
    }
    // As Keras counts: with a patience of 0, too, it takes an epoch that is not better.
    const stopped = earlyStopping !== undefined && epoch - bestEpoch >= Math.max(1, earlyStopping.patience);
    state = { history: [...state.history, record], bestEpoch, stopped };
    if (checkpointDir !== undefined) {
      const slots = await optimizerValues(optimizer);
      await writeCheckpoint<State>(checkpointDir, { state, weights, optimizer: slots, best });
    }
    pause = (performance.now() - ended) / 1000;
    onEpoch(record);
    signal.throwIfAborted();
  }
  if (keepsBest && best.length > 0) setModelValues(tf, model, best);
  return {
    history: state.history,
    epoch: keepsBest ? state.bestEpoch : state.history.length,
    stoppedEarly: state.stopped,
  };
}
