/**
 * Trains the model, and writes it with its history. Times stay out of the files: they are the same for the same inputs.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { StepError, type Executor } from '../executor.js';
import type { Json } from '../params.js';
import { loadBackend } from '../tensorflow/backend.js';
import { buildModel } from '../tensorflow/build-model.js';
import { saveModel } from '../tensorflow/model-files.js';
import { openTrainingData } from '../tensorflow/training-data.js';
import { train, type EpochRecord } from '../tensorflow/training-loop.js';
import { resolveHyperparameters, type HpValues, type TrainingParams } from '../training-params.js';
import { readHyperparameters } from './hyperparameters.js';
import type { spec } from './spec.js';

/** Params with the values of a search in their places. */
function resolved(params: TrainingParams, hp: HpValues): TrainingParams {
  return resolveHyperparameters(params as unknown as Json, hp, (name) => {
    throw new StepError(
      'hyperparameter-missing',
      `the hyperparameter '${name}' has no value: the search has ${Object.keys(hp).join(', ')}`,
      'add it to the space of the Tuner, or give it a default',
    );
  }) as unknown as TrainingParams;
}

function shown({ epoch, ...values }: EpochRecord): string {
  const texts = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  return `epoch ${String(epoch)}: ${texts.join(', ')}`;
}

export const execute: Executor<typeof spec> = async (context) => {
  const { inputs, outputs, seed, baseDir, checkpointDir, signal, log } = context;
  const hp = inputs.hyperparameters === undefined ? {} : await readHyperparameters(inputs.hyperparameters.path);
  const params = resolved(context.params, hp);
  const backend = await loadBackend(log.warn);
  const { tf } = backend;
  const {
    train: dataset,
    evaluation,
    graph,
  } = await openTrainingData({
    tf,
    examples: inputs.examples.path,
    transformGraph: inputs.transform_graph?.path,
    params,
  });
  const { inputShape, classes, features, label } = dataset;
  const model = await buildModel({ backend, training: params, inputShape, classes, seed, baseDir, hp });
  const parameters = model.countParams();
  log.info(
    `${backend.name} ${backend.version}: ${String(parameters)} parameters, ${String(dataset.examples)} examples of ${inputShape.join(' × ')}`,
  );
  const { history, epoch, stoppedEarly } = await train({
    backend,
    model,
    loss: params.loss,
    train: dataset,
    evaluation,
    epochs: params.epochs,
    batchSize: params.batch_size as number,
    seed,
    earlyStopping: params.early_stopping,
    checkpointDir,
    signal,
    onResume: (epochs) => {
      log.info(`goes on from the checkpoint after epoch ${String(epochs)}`);
    },
    onEpoch: (record) => {
      log.info(shown(record));
    },
    onProgress: (progress) => {
      context.progress(progress);
    },
  });
  log.info(`${stoppedEarly ? 'stopped early; ' : ''}the model has the weights of epoch ${String(epoch)}`);
  const outputShape = (model.outputs[0]?.shape ?? []).slice(1).map(Number);
  const info = { version: 1, features, label, classes, inputShape, outputShape, parameters } as const;
  await saveModel(outputs.model.path, { backend, model, info, graph, warn: log.warn });
  outputs.model.setProperty('parameters', parameters);
  outputs.model.setProperty('backend', backend.name);
  await writeFile(join(outputs.model_run.path, 'history.json'), `${canonicalJson({ epochs: history, kept: epoch })}\n`);
  outputs.model_run.setProperty('epochs', history.length);
  const kept = history.find((record) => record.epoch === epoch);
  for (const [name, value] of Object.entries(kept ?? {})) context.metric(name, value as number);
  context.metric('parameters', parameters);
};
