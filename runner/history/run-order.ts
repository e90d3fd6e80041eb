/**
 * `--sort`: the order of runs. As with git, a `-` before the key turns it around.
 */
import { RequestError } from '../source/request-error.js';
import { valueAt, type ValuedRun } from './run-values.js';

/** Keys beside metrics and params. */
const KEYS: Readonly<Record<string, (run: ValuedRun) => string | number | undefined>> = {
  run: ({ run }) => run.id,
  pipeline: ({ run }) => run.pipeline,
  state: ({ run }) => run.state,
  started: ({ run }) => run.startedAt,
  took: ({ run }) => (run.endedAt === undefined ? undefined : run.endedAt - run.startedAt),
};

function reader(key: string): (run: ValuedRun) => unknown {
  if (Object.hasOwn(KEYS, key) && KEYS[key] !== undefined) return KEYS[key];
  if (/^(?:metrics|params)(?:\.[\w-]+)+$/u.test(key)) return (run) => valueAt(key, run);
  throw new RequestError(
    'bad-sort',
    `runs cannot be sorted by '${key.slice(0, 80)}'`,
    `known are: ${Object.keys(KEYS).join(', ')}, metrics.NAME, params.NAME; '-' before one turns the order around`,
  );
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Sorts runs; those that lack the value come last, equal ones stay newest first.
 *
 * @param key - `took`, `-metrics.accuracy`
 * @throws RequestError `bad-sort`
 */
export function sortRuns(runs: readonly ValuedRun[], key: string): readonly ValuedRun[] {
  const descending = key.startsWith('-');
  const read = reader(descending ? key.slice(1) : key);
  const keyed = runs.map((run) => ({ run, value: read(run) }));
  const there = keyed.filter(
    ({ value }) => typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean',
  );
  const lacking = keyed.filter((each) => !there.includes(each));
  there.sort((a, b) => (descending ? compare(b.value, a.value) : compare(a.value, b.value)));
  return [...there, ...lacking].map(({ run }) => run);
}
