/**
 * What a bisection is to find out: by how much a metric differs between two runs.
 */
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { suggest } from '../../config/fields.js';
import { metricText } from '../../reporting/text/quantities.js';
import { RequestError } from '../../source/request-error.js';
import { findRun } from '../find-run.js';
import { valuedRuns } from '../run-values.js';
import type { Ends } from './bisection.js';

/** What is to be found out. */
export interface BisectQuestion {
  readonly good: RunRecord;
  readonly bad: RunRecord;
  readonly node: string;
  readonly metric: string;
  readonly values: Ends;
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
  const { node, metric } = after;
  return {
    good,
    bad,
    node,
    metric,
    values: { good: before.value, bad: after.value },
  };
}
