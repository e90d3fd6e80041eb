import { Examples, HyperParameters, Model, ModelRun, TransformGraph } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import type { Json, ParamProblem } from '../params.js';
import { hyperparameterReferences, trainingParams } from '../training-params.js';

/** Trains a model. */
export const spec = defineSpec({
  name: 'Trainer',
  doc: 'Trains a model, written as layers or built by user code, and keeps it with its transform and the course of the training.',
  inputs: {
    examples: input(Examples),
    transform_graph: input(TransformGraph, { optional: true }),
    hyperparameters: input(HyperParameters, { optional: true }),
  },
  outputs: { model: output(Model), model_run: output(ModelRun) },
  params: trainingParams,
  runsIn: 'worker',
  usesBackend: true,
  splitParams: ['train_split', 'eval_split'],
  check: (params, inputs): readonly ParamProblem[] =>
    inputs.has('hyperparameters')
      ? []
      : hyperparameterReferences(params as unknown as Json)
          .filter(({ hasDefault }) => !hasDefault)
          .map(({ name, path }) => ({
            code: 'missing-param' as const,
            path,
            atKey: false,
            message: `the hyperparameter '${name}' has no value`,
            hint: 'wire the input hyperparameters, or give it a default: {hp: …, default: …}',
          })),
});
