/**
 * A few components to wire in tests of the configuration: declared only, never executed.
 */
import { Examples, Model } from '../../artifacts/types.js';
import { defineSpec, input, output, type ComponentSpec } from '../../components/component-spec.js';
import { param } from '../../components/params.js';
import { closestName } from '../../components/suggestion.js';
import type { FindComponent } from '../../components/registry.js';

const specs: readonly ComponentSpec[] = [
  defineSpec({
    name: 'Source',
    doc: 'Makes examples.',
    outputs: { examples: output(Examples) },
    params: {
      path: param.path({ doc: '', optional: true }),
      count: param.integer({ doc: '', minimum: 1, default: 10 }),
      splits: param.list(param.string({ doc: '' }), { doc: '', optional: true }),
    },
    splits: ({ splits }) => splits,
  }),
  defineSpec({
    name: 'Train',
    doc: 'Makes a model.',
    inputs: { examples: input(Examples), base: input(Model, { optional: true }) },
    outputs: { model: output(Model) },
    params: {
      epochs: param.integer({ doc: '', minimum: 1, maximum: 1000 }),
      loss: param.choice(['mse', 'cross_entropy'], { doc: '', default: 'mse' }),
      layers: param.list(
        param.oneOf({ dense: param.object({ units: param.integer({ doc: '' }) }, { doc: '' }) }, { doc: '' }),
        { doc: '', optional: true },
      ),
      split: param.string({ doc: '', default: 'train' }),
    },
    splitParams: ['split'],
  }),
  defineSpec({
    name: 'Gather',
    doc: 'Takes several models.',
    inputs: { models: input(Model, { list: true }) },
    outputs: { best: output(Model) },
  }),
  defineSpec({
    name: 'Program',
    doc: 'Runs a program.',
    ports: 'declared',
    params: { argv: param.list(param.string({ doc: '' }), { doc: '', minItems: 1 }) },
  }),
];

/** Finds the components above. */
export const testComponents: FindComponent = (name) => {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec) return Promise.resolve({ found: true, spec, source: { kind: 'builtin', name } });
  if (name.startsWith('./')) {
    return Promise.resolve({
      found: false,
      code: 'bad-component',
      message: `${name} exports no spec`,
      hint: 'export a spec',
    });
  }
  const closest = closestName(
    name,
    specs.map((candidate) => candidate.name),
  );
  return Promise.resolve({
    found: false,
    code: 'unknown-component',
    message: `there is no component '${name}'`,
    hint: closest === undefined ? undefined : `did you mean '${closest}'?`,
  });
};
