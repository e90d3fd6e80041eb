/**
 * What runs are filtered, sorted and shown by: `metrics.accuracy`, `metrics.evaluator.accuracy`, `params.epochs`.
 */
import type { MetadataStore, NodeMetrics } from '../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../artifacts/metadata/records.js';
import { metricText } from '../reporting/text/quantities.js';

/** The values of one run. */
export interface RunValues {
  /**
   * Metrics by name, each of the last node that has it; and those of every node by its name: a node's name hides a
   * metric's.
   */
  readonly metrics: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A run with its values, and its metrics in the order of execution. */
export interface ValuedRun {
  readonly run: RunRecord;
  readonly values: RunValues;
  readonly nodes: readonly NodeMetrics[];
}

function metricsByName(nodes: readonly NodeMetrics[]): RunValues['metrics'] {
  // Without a prototype: a metric may have any name.
  const metrics = Object.create(null) as Record<string, number | Readonly<Record<string, number>>>;
  for (const node of nodes) Object.assign(metrics, node.metrics);
  for (const { node, metrics: own } of nodes) metrics[node] = own;
  return metrics;
}

/** Reads the values of runs, in one query. */
export function valuedRuns(runs: readonly RunRecord[], metadata: MetadataStore): readonly ValuedRun[] {
  if (runs.length === 0) return [];
  const ids = runs.map(({ id }) => id);
  const byRun = new Map<number, NodeMetrics[]>(ids.map((id) => [id, []]));
  for (const node of metadata.metricsOf({ first: Math.min(...ids), last: Math.max(...ids) })) {
    byRun.get(node.runId)?.push(node);
  }
  return runs.map((run) => {
    const nodes = byRun.get(run.id) ?? [];
    return { run, nodes, values: { metrics: metricsByName(nodes), params: run.params } };
  });
}

/** The value at a path such as `metrics.evaluator.accuracy`; undefined where the run has none. */
export function valueAt(path: string, { values }: ValuedRun): unknown {
  let value: unknown = values;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The values that an expression speaks of, in its order: `metrics.accuracy`. */
export function pathsIn(expression: string): readonly string[] {
  return [...new Set(expression.match(/\b(?:metrics|params)(?:\.[A-Za-z_]\w*)+/gu) ?? [])];
}

/** A value in a cell of a table. */
export function valueText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return metricText(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
