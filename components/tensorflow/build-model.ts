/**
 * From the params of a training to a compiled model.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';
import type { HpValues, LayerName, TrainingParams } from '../training-params.js';
import { loadUserExport } from '../user-module.js';
import type { Backend } from './backend.js';
import { makeLayer } from './make-layer.js';
import type { TensorFlow } from './tensorflow.js';
import type { BuildModelInput } from './user-model.js';

/** What a model is built from. */
export interface ModelPlan {
  readonly backend: Backend;
  /** With values in the place of hyperparameters. */
  readonly training: Pick<TrainingParams, 'model' | 'optimizer' | 'loss' | 'metrics'>;
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  /** Names of the classes by index; empty for a regression. */
  readonly classes: readonly string[];
  readonly seed: number;
  /** Folder that user code is named from. */
  readonly baseDir: string;
  /** For user code. */
  readonly hp: HpValues;
}

type Layers = readonly (string | Readonly<Record<string, Readonly<Record<string, unknown>>>>)[];

function fromLayers({ backend, inputShape, seed }: ModelPlan, layers: Layers): LayersModel {
  const { tf } = backend;
  const input = tf.input({ shape: [...inputShape], name: 'input' });
  let current = input;
  layers.forEach((layer, index) => {
    const [name, given] = typeof layer === 'string' ? [layer, {}] : (Object.entries(layer)[0] ?? ['', {}]);
    const before = current.shape.slice(1).join(' × ');
    try {
      current = makeLayer(tf, name as LayerName, given, index, seed).apply(current) as typeof input;
    } catch (error) {
      throw new StepError(
        'layer-invalid',
        `layer ${String(index)} (${name}) cannot follow, its input being ${before}: ${errorMessage(error)}`,
        'check its arguments and the layers before it',
      );
    }
    if (current.shape.slice(1).some((size) => size !== null && size < 1)) {
      throw new StepError(
        'layer-invalid',
        `layer ${String(index)} (${name}) leaves nothing of its input of ${before}`,
        "use padding 'same', fewer poolings or larger images",
      );
    }
  });
  return tf.model({ inputs: input, outputs: current, name: 'model' });
}

async function fromUserCode(
  { backend, hp, inputShape, classes, seed, baseDir }: ModelPlan,
  reference: string,
): Promise<LayersModel> {
  const build = await loadUserExport(reference, baseDir);
  if (typeof build !== 'function') throw new StepError('user-code', `${reference} is no function`);
  const input: BuildModelInput = { tf: backend.tf, hp, inputShape, classes, seed };
  let model: unknown;
  try {
    model = await (build as (input: BuildModelInput) => unknown)(input);
  } catch (error) {
    throw new StepError('user-code', `${reference} failed: ${errorMessage(error)}`);
  }
  if (typeof model === 'object' && model !== null && 'trainOnBatch' in model) return model as LayersModel;
  throw new StepError('user-code', `${reference} returned no model`, 'return what tf.sequential or tf.model gives');
}

function makeOptimizer(tf: TensorFlow, optimizer: TrainingParams['optimizer']): Optimizer {
  const [[name, given] = ['', {}]] = Object.entries(optimizer) as [string, Record<string, number | boolean>][];
  const value = (key: string): number => Number(given[key]);
  switch (name) {
    case 'SGD':
      return value('momentum') > 0 || given['nesterov'] === true
        ? tf.train.momentum(value('learning_rate'), value('momentum'), given['nesterov'] === true)
        : tf.train.sgd(value('learning_rate'));
    case 'RMSprop':
      return tf.train.rmsprop(value('learning_rate'), value('rho'), value('momentum'), value('epsilon'));
    case 'Adagrad':
      return tf.train.adagrad(value('learning_rate'), value('initial_accumulator_value'));
    default:
      return tf.train.adam(value('learning_rate'), value('beta_1'), value('beta_2'), value('epsilon'));
  }
}

/** The loss as TensorFlow.js names it. */
function lossName(loss: TrainingParams['loss']): string {
  return loss.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}

function checkOutput(model: LayersModel, { training, classes }: ModelPlan): void {
  const shape = model.outputs[0]?.shape.slice(1) ?? [];
  const categorical = training.loss.endsWith('categorical_crossentropy');
  if (categorical && classes.length === 0) {
    throw new StepError('loss-unfit', `the loss ${training.loss} needs a label with classes`, 'use mean_squared_error');
  }
  const wanted = categorical ? classes.length : 1;
  if (model.outputs.length === 1 && shape.length === 1 && shape[0] === wanted) return;
  throw new StepError(
    'output-unfit',
    `the model's output is ${shape.join(' × ')}; the loss ${training.loss} needs ${String(wanted)} values an example`,
    categorical ? `end with Dense of units: ${String(wanted)} and activation: softmax` : 'end with Dense of units: 1',
  );
}

/**
 * Builds and compiles a model.
 *
 * @throws StepError when a layer does not fit, user code fails, or the output does not fit the loss
 */
export async function buildModel(plan: ModelPlan): Promise<LayersModel> {
  const { training, backend } = plan;
  const model =
    'layers' in training.model
      ? fromLayers(plan, training.model.layers)
      : await fromUserCode(plan, training.model.build);
  checkOutput(model, plan);
  model.compile({
    optimizer: makeOptimizer(backend.tf, training.optimizer),
    loss: lossName(training.loss),
    metrics: [...training.metrics],
  });
  return model;
}
