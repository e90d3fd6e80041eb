/**
 * Reads steps of a transform that come from a file: known operations with constants of the right kind. Whether a step
 * fits the ones around it is for `afterStep` to say.
 */
import { isMapping } from '../../../artifacts/mapping.js';
import { checkParams, param, type ParamReport, type ParamSet } from '../../params.js';
import type { TransformStep } from './transform-steps.js';

const constants = param.list(param.number({ doc: '' }), { doc: '', minItems: 1 });
const variances = param.list(param.number({ doc: '', minimum: 0 }), { doc: '', minItems: 1 });
const side = param.integer({ doc: '', minimum: 1, maximum: 8192 });

/** Values of a one-hot encoding at most. */
export const MAX_DEPTH = 2 ** 20;

/** What stands beside `op`. */
const fields: Readonly<Record<TransformStep['op'], ParamSet>> = {
  decode: {
    height: side,
    width: side,
    channels: param.integer({ doc: '', minimum: 1, maximum: 3 }),
    fit: param.choice(['fill', 'cover', 'contain'], { doc: '' }),
  },
  cast: {},
  scale: { multiply: constants, add: constants },
  standardize: { mean: constants, variance: variances, epsilon: param.number({ doc: '', above: 0 }) },
  one_hot: { depth: param.integer({ doc: '', minimum: 1, maximum: MAX_DEPTH }) },
  vocabulary: { tokens: param.list(param.string({ doc: '' }), { doc: '', minItems: 1 }) },
};

/**
 * Reads one step.
 *
 * @param fail - called with what is wrong, after the step's place
 */
export function parseStep(value: unknown, fail: (what: string) => never): TransformStep {
  if (!isMapping(value)) return fail('is no mapping');
  const { op, ...rest } = value;
  if (typeof op !== 'string' || !Object.hasOwn(fields, op)) return fail("has no known 'op'");
  const report: ParamReport = {
    problem: ({ path, message }) => fail(`(${op}) is wrong at '${path.join('.')}': ${message}`),
    resource: () => undefined,
  };
  const checked = checkParams(fields[op as TransformStep['op']], rest, [], report);
  const step = { op, ...checked } as TransformStep;
  if (step.op === 'decode' && (step.channels as number) === 2) return fail('(decode) makes 2 channels, not 1 or 3');
  if (step.op === 'vocabulary' && new Set(step.tokens).size < step.tokens.length) {
    return fail('(vocabulary) has a token twice');
  }
  return step;
}
