import { describe, expect, test } from '@jest/globals';
import { checkParams, type ParamProblem } from '../../../components/params.js';
import { objectiveOf } from '../../../components/tuner/objective.js';
import { spec } from '../../../components/tuner/spec.js';

const layers = [{ Dense: { units: { hp: 'units' } } }, { Dropout: { rate: { hp: 'rate' } } }];
const space = {
  units: { Int: { min_value: 8, max_value: 64, step: 8 } },
  rate: { Float: { min_value: 0.1, max_value: 0.5 } },
};

/** Everything that is wrong with some params. */
function problems(given: Readonly<Record<string, unknown>>): readonly ParamProblem[] {
  const found: ParamProblem[] = [];
  const report = { problem: (problem: ParamProblem) => found.push(problem), resource: () => undefined };
  const params = checkParams(spec.params, { model: { layers }, space, ...given }, [], report);
  return params === undefined ? found : spec.check(params, new Set());
}

describe('the params of a Tuner', () => {
  test('are right when every reference has its entry and every entry its reference', () => {
    expect(problems({})).toEqual([]);
  });

  test.each([
    ['a name that the space lacks', { space: { unit: space.units, rate: space.rate } }, "did you mean 'unit'?"],
    ['a name that the space lacks, with a default', { batch_size: { hp: 'batch', default: 8 } }, 'it has: units, rate'],
  ])('may not refer to %s', (_, given, hint) => {
    expect(problems(given)[0]).toMatchObject({ path: expect.arrayContaining(['hp']), hint });
  });

  test('may not leave an entry unused', () => {
    expect(problems({ space: { ...space, momentum: 'Boolean' } })).toEqual([
      expect.objectContaining({
        path: ['space', 'momentum'],
        atKey: true,
        message: expect.stringContaining('nothing refers'),
      }),
    ]);
    // Code of the user's own may use it.
    expect(problems({ space: { ...space, momentum: 'Boolean' }, model: { build: 'net.ts#build' } })).toEqual([]);
  });

  test.each([
    ['units', { Float: { min_value: 1.5, max_value: 3 } }, "'units' can be 1.5: expected integer ≥ 1"],
    ['units', { Int: { min_value: 0, max_value: 3 } }, "'units' can be 0: expected integer ≥ 1"],
    ['rate', { Float: { min_value: 0.5, max_value: 1 } }, "'rate' can be 1: expected number ≥ 0 and ≤ 0.999"],
    ['rate', { Choice: { values: [0.1, 'much'] } }, '\'rate\' can be "much": expected number'],
    ['rate', 'Boolean', "'rate' can be false: expected number"],
  ])('may not let %s be %j', (name, entry, message) => {
    const found = problems({ space: { ...space, [name]: entry } });
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toContain(message);
    expect(found[0]?.path.slice(0, 2)).toEqual(['model', 'layers']);
  });

  test.each([
    [{ units: { Int: { min_value: 9, max_value: 8 } } }, 'min_value 9 is above max_value 8'],
    [{ units: { Float: { min_value: 0, max_value: 8, sampling: 'log' } } }, 'needs a min_value above 0'],
    [{ units: { Int: { min_value: 1, max_value: 8, step: 1, sampling: 'log' } } }, 'a factor above 1'],
    [{ '2 units': 'Boolean' }, 'is not a name'],
    [{ ['__proto__x']: { Int: { min_value: 1 } } }, "'max_value' is missing"],
    [{ units: { Integer: {} } }, "'Integer' is not known here"],
    [{ units: { Choice: { values: [] } } }, 'expected a list of at least 1'],
    [{}, 'the space is empty'],
  ])('refuse the space %j', (given, message) => {
    expect(problems({ space: given }).map((problem) => problem.message)).toContainEqual(
      expect.stringContaining(message),
    );
  });

  test('refuse an objective that is not measured, and searches without end', () => {
    expect(problems({ metrics: [] })).toEqual([expect.objectContaining({ path: ['objective'] })]);
    expect(problems({ metrics: [], objective: 'val_loss' })).toEqual([]);
    const endless = { Hyperband: { max_epochs: 10_000, factor: 2, hyperband_iterations: 100 } };
    expect(problems({ algorithm: endless })).toEqual([expect.objectContaining({ path: ['algorithm'] })]);
  });
});

test('the direction of an objective follows from its name, or is said', () => {
  expect(objectiveOf('val_accuracy')).toEqual({ name: 'val_accuracy', direction: 'max' });
  expect(objectiveOf('val_loss')).toEqual({ name: 'val_loss', direction: 'min' });
  expect(objectiveOf({ name: 'loss', direction: 'max' })).toEqual({ name: 'loss', direction: 'max' });
});
