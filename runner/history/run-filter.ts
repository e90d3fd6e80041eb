/**
 * `--where`: which runs a condition in CEL holds for. An expression that fails for a run, as one on a metric that the run
 * does not have, does not hold for it; one that fails for all of them is refused.
 */
import { Environment, EvaluationError, ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { suggest } from '../config/fields.js';
import { counted } from '../reporting/text/quantities.js';
import { RequestError } from '../source/request-error.js';
import type { ValuedRun } from './run-values.js';

/** Longest condition in characters. */
const LONGEST = 2000;

const EXAMPLE = `write it as --where "metrics.accuracy > 0.8 && params.epochs == 3"`;

function isCelError(error: unknown): error is Error {
  return error instanceof ParseError || error instanceof EvaluationError || error instanceof CelTypeError;
}

/** The first line of CEL's message; what follows it is a drawing. */
function refused(error: Error, where: string): RequestError {
  const [message = ''] = error.message.split('\n', 1);
  return new RequestError('bad-condition', `--where '${where.slice(0, 200)}': ${message}`, EXAMPLE);
}

function hintFor(error: Error, runs: readonly ValuedRun[]): string {
  const key = /^No such key: (.+)$/mu.exec(error.message)?.[1];
  if (key === undefined) return EXAMPLE;
  const known = new Set(
    runs.flatMap(({ values }) => [
      ...Object.keys(values.params),
      ...Object.entries(values.metrics).flatMap(([name, value]) =>
        typeof value === 'number' ? [name] : [name, ...Object.keys(value)],
      ),
    ]),
  );
  return suggest(key, [...known].sort()) ?? EXAMPLE;
}

/**
 * The runs that a condition holds for, in their order.
 *
 * @param where - CEL over `metrics` and `params`
 * @throws RequestError `bad-condition`
 */
export function filterRuns(runs: readonly ValuedRun[], where: string): readonly ValuedRun[] {
  if (where.length > LONGEST) {
    throw new RequestError('bad-condition', `--where is longer than ${String(LONGEST)} characters`, EXAMPLE);
  }
  const environment = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } })
    .registerVariable('metrics', 'map')
    .registerVariable('params', 'map');
  let condition: ReturnType<typeof environment.parse>;
  try {
    condition = environment.parse(where);
    const { valid, type, error } = condition.check();
    if (!valid && error !== undefined) throw error;
    if (valid && type !== 'bool' && type !== 'dyn') {
      throw new RequestError('bad-condition', `--where must be true or false, not ${String(type)}`, EXAMPLE);
    }
  } catch (error) {
    throw isCelError(error) ? refused(error, where) : error;
  }
  let failure: Error | undefined;
  let failures = 0;
  const kept = runs.filter(({ values }) => {
    try {
      const holds: unknown = condition({ ...values });
      if (typeof holds !== 'boolean') throw new EvaluationError('it is neither true nor false');
      return holds;
    } catch (error) {
      if (!isCelError(error)) throw error;
      failure = error;
      failures++;
      return false;
    }
  });
  if (failure !== undefined && failures === runs.length) {
    const [message = ''] = failure.message.split('\n', 1);
    throw new RequestError(
      'bad-condition',
      `--where '${where}' fails for ${runs.length === 1 ? 'the only run' : `all of ${counted(runs.length, 'run')}`}: ${message}`,
      hintFor(failure, runs),
    );
  }
  return kept;
}
