import { Examples, HyperParameters, Model, ModelRun, TransformGraph } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import type { Json, ParamPath, ParamProblem } from '../params.js';
import { trainingParams } from '../training-params.js';

/** References to hyperparameters without default, with their places. */
function open(value: Json, path: ParamPath): readonly { readonly name: string; readonly path: ParamPath }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { hp, default: standard } = value as { readonly hp?: Json; readonly default?: Json };
  if (typeof hp === 'string') return standard === undefined ? [{ name: hp, path }] : [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, item]) => open(item, [...path, isList ? Number(key) : key]));
}

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
  check: (params, inputs): readonly ParamProblem[] =>
    inputs.has('hyperparameters')
      ? []
      : open(params as unknown as Json, []).map(({ name, path }) => ({
          code: 'missing-param' as const,
          path,
          atKey: false,
          message: `the hyperparameter '${name}' has no value`,
          hint: 'wire the input hyperparameters, or give it a default: {hp: …, default: …}',
        })),
});
