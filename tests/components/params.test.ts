import { describe, expect, test } from '@jest/globals';
import {
  checkParams,
  param,
  paramsJsonSchema,
  type ParamProblem,
  type ParamResource,
} from '../../components/params.js';

const fields = {
  epochs: param.integer({ doc: 'Passes over the data.', minimum: 1, default: 10 }),
  rate: param.number({ doc: 'Step size.', above: 0 }),
  loss: param.choice(['mse', 'cross_entropy'], { doc: '', default: 'mse' }),
  source: param.oneOf(
    { idx: param.object({ images: param.path({ doc: '' }) }, { doc: '' }), csv: param.path({ doc: '' }) },
    { doc: '', optional: true },
  ),
  kernel: param.either([param.integer({ doc: '' }), param.list(param.integer({ doc: '' }), { doc: '' })], {
    doc: '',
    optional: true,
  }),
  build: param.module({ doc: '', optional: true }),
};

function check(value: Record<string, unknown>): {
  values: unknown;
  problems: ParamProblem[];
  resources: ParamResource[];
} {
  const problems: ParamProblem[] = [];
  const resources: ParamResource[] = [];
  const values = checkParams(fields, value, [], {
    problem: (problem) => problems.push(problem),
    resource: (resource) => resources.push(resource),
  });
  return { values, problems, resources };
}

describe('params', () => {
  test('fill in defaults and leave out what is optional', () => {
    expect(check({ rate: 0.5 })).toEqual({
      values: { epochs: 10, rate: 0.5, loss: 'mse' },
      problems: [],
      resources: [],
    });
  });

  test('report every problem with its path', () => {
    const { values, problems } = check({ epochs: 0, loss: 'msee', learning: 1, source: { idx: { images: 3 } } });
    expect(values).toBeUndefined();
    expect(problems.map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual([
      'unknown-param learning',
      'out-of-range epochs',
      'missing-param ',
      'not-allowed loss',
      'wrong-type source.idx.images',
    ]);
  });

  test('suggest what was meant', () => {
    expect(check({ rate: 1, epoch: 2 }).problems[0]?.hint).toBe("did you mean 'epochs'?");
    expect(check({ rate: 1, source: { cvs: 'a' } }).problems[0]?.hint).toBe("did you mean 'csv'?");
  });

  test('collect the files and the code that values name', () => {
    const { resources } = check({ rate: 1, source: { csv: 'data.csv' }, build: 'modules/net.ts#build' });
    expect(resources).toEqual([
      { kind: 'path', path: ['source', 'csv'], value: 'data.csv' },
      { kind: 'module', path: ['build'], value: 'modules/net.ts#build' },
    ]);
  });

  test.each([NaN, Infinity, '1', null, true])('refuse %p as a number', (rate) => {
    expect(check({ rate }).problems.map(({ code }) => code)).toEqual(['wrong-type']);
  });

  test('choose among alternatives by kind', () => {
    expect(check({ rate: 1, kernel: [3, 5] }).values).toMatchObject({ kernel: [3, 5] });
    expect(check({ rate: 1, kernel: 'x' }).problems[0]?.message).toContain('integer or list of integer');
  });

  test('an inherited name is as unknown as any other', () => {
    const value = JSON.parse('{"rate": 1, "__proto__": 1, "constructor": 2}') as Record<string, unknown>;
    expect(check(value).problems.map(({ path }) => path[0])).toEqual(['__proto__', 'constructor']);
  });

  test('the JSON Schema says the same', () => {
    expect(paramsJsonSchema(fields)).toMatchObject({
      additionalProperties: false,
      required: ['rate'],
      properties: { epochs: { type: 'integer', minimum: 1, default: 10, description: 'Passes over the data.' } },
    });
  });
});
