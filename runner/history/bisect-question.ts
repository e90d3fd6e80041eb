/**
 * What a bisection is to find out: by how much a metric differs between two runs, and what differs that could be mixed.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../artifacts/metadata/records.js';
import { suggest } from '../config/fields.js';
import { metricText } from '../reporting/text/quantities.js';
import { RequestError } from '../source/request-error.js';
import type { Ends } from './bisection.js';
import { findRun } from './find-run.js';
import { runDifference, type RunDifference } from './run-difference.js';
import { valuedRuns } from './run-values.js';

/** What is to be found out. */
export interface BisectQuestion {
  readonly good: RunRecord;
  readonly bad: RunRecord;
  readonly node: string;
  readonly metric: string;
  readonly values: Ends;
  /** Names of the params that both runs have, and that differ. */
  readonly changes: readonly string[];
  /** Ingredients that differ, params of the pipeline among them. */
  readonly ingredients: RunDifference['ingredients'];
}

/** The last node of a run that measured a metric, which may be written as `node.metric`. */
function measuredIn(
  run: RunRecord,
  text: string,
  metadata: MetadataStore,
): { node: string; metric: string; value: number } {
  const nodes = valuedRuns([run], metadata)[0]?.nodes ?? [];
  const found = nodes
    .flatMap(({ node, metrics }) => Object.entries(metrics).map(([metric, value]) => ({ node, metric, value })))
    .findLast(({ node, metric }) => metric === text || `${node}.${metric}` === text);
  if (found !== undefined) return found;
  const known = [...new Set(nodes.flatMap(({ metrics }) => Object.keys(metrics)))];
  throw new RequestError(
    'no-metric',
    `run ${String(run.id)} has no metric '${text.slice(0, 80)}'`,
    suggest(text, known) ?? `it has ${known.slice(0, 8).join(', ') || 'none'}`,
  );
}

/**
 * Puts the question.
 *
 * @param runs - numbers of the good run and of the bad one
 * @param text - a metric, or `node.metric`
 * @throws RequestError `no-run`, `no-metric`, `not-comparable`, `no-difference`
 */
export function bisectQuestion(runs: Ends, text: string, metadata: MetadataStore): BisectQuestion {
  const [good, bad] = [findRun(metadata, runs.good), findRun(metadata, runs.bad)];
  if (good.pipeline !== bad.pipeline) {
    throw new RequestError(
      'not-comparable',
      `run ${String(good.id)} is of ${good.pipeline}, run ${String(bad.id)} of ${bad.pipeline}`,
    );
  }
  const after = measuredIn(bad, text, metadata);
  const before = measuredIn(good, `${after.node}.${after.metric}`, metadata);
  if (before.value === after.value) {
    throw new RequestError('no-difference', `${after.node}.${after.metric} is ${metricText(after.value)} in both runs`);
  }
  const { params, ingredients } = runDifference(good, bad, metadata);
  const changes = params.filter((param) => param.before !== undefined && param.after !== undefined);
  if (changes.length === 0) {
    throw new RequestError(
      'no-difference',
      `no param differs between run ${String(good.id)} and run ${String(bad.id)}`,
      `'pipeline diff ${String(good.id)} ${String(bad.id)}' says what does`,
    );
  }
  const { node, metric } = after;
  return {
    good,
    bad,
    node,
    metric,
    values: { good: before.value, bad: after.value },
    changes: changes.map(({ name }) => name),
    ingredients,
  };
}
