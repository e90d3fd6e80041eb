import { Examples, HyperParameters, TransformGraph, TunerResults } from '../../artifacts/types.js';
import { defineSpec, input, output } from '../component-spec.js';
import { param, type Json, type ParamProblem, type ParamValues } from '../params.js';
import { fittingParams, type FittingParams } from '../training-params.js';
import { checkReferences } from './check.js';
import { objectiveOf, objectiveParam } from './objective.js';
import { algorithmParam, schedule } from './schedule.js';
import { checkSpace, spaceParam } from './space.js';

const params = {
  ...fittingParams,
  space: spaceParam,
  algorithm: algorithmParam,
  objective: objectiveParam,
  parallel: param.integer({
    doc: 'Trials that train at the same time, at most as many as there are cores. Default: the number of cores.',
    minimum: 1,
    maximum: 1024,
    optional: true,
    affectsOutputs: false,
  }),
} as const;

/** Trials that a search can plan at most. */
const MAX_TRIALS = 100_000;

/** The part of a Tuner's params that every trial is trained with. */
export function fittingOf(values: ParamValues<typeof params>): FittingParams {
  const names = Object.keys(fittingParams);
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name))) as FittingParams;
}

function check(values: ParamValues<typeof params>): readonly ParamProblem[] {
  const problems = [...checkSpace(values.space, ['space'])];
  if (problems.length === 0) {
    const training = fittingOf(values) as unknown as Json;
    problems.push(...checkReferences(fittingParams, training, values.space, 'build' in values.model));
  }
  const { name } = objectiveOf(values.objective);
  if (name.endsWith('accuracy') && !values.metrics.includes('accuracy')) {
    const message = `the objective ${name} is not measured`;
    problems.push({
      code: 'not-allowed',
      path: ['objective'],
      atKey: false,
      message,
      hint: "add 'accuracy' to metrics",
    });
  }
  const trials = schedule(values.algorithm).flatMap(({ rounds }) => rounds.map(({ size }) => size));
  const total = trials.reduce((sum, size) => sum + size, 0);
  if (total > MAX_TRIALS) {
    const message = `this plans ${String(total)} trials; ${String(MAX_TRIALS)} are the most`;
    problems.push({ code: 'out-of-range', path: ['algorithm'], atKey: false, message });
  }
  return problems;
}

/** Searches for hyperparameters. */
export const spec = defineSpec({
  name: 'Tuner',
  doc: 'Searches for the hyperparameters with which a training gets best, by Hyperband or at random, several trials at a time.',
  inputs: {
    examples: input(Examples),
    transform_graph: input(TransformGraph, { optional: true }),
  },
  outputs: { best_hyperparameters: output(HyperParameters), tuner_results: output(TunerResults) },
  params,
  runsIn: 'worker',
  usesBackend: true,
  splitParams: ['train_split', 'eval_split'],
  check,
});
