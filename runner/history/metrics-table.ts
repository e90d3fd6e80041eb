/**
 * How metrics went from run to run, as a table: a run a line, or, where there is no room for all metrics side by side, a
 * metric a line.
 */
import { displayWidth, plainLine } from '../reporting/text/plain-text.js';
import { counted, metricText, moment } from '../reporting/text/quantities.js';
import { tableLines } from '../reporting/text/table.js';
import type { ValuedRun } from './run-values.js';

/** One metric of one node. */
export interface Series {
  readonly node: string;
  readonly metric: string;
}

function fits(lines: readonly string[], width: number): boolean {
  return lines.every((line) => displayWidth(line) <= width);
}

function valueOf({ nodes }: ValuedRun, { node, metric }: Series): string {
  const value = nodes.findLast((each) => each.node === node)?.metrics[metric];
  return value === undefined ? '' : metricText(value);
}

/** A run a line. */
function byRun(runs: readonly ValuedRun[], series: readonly Series[]): readonly string[] {
  const right = 'right' as const;
  const columns = [
    { title: 'run', align: right },
    { title: 'started' },
    { title: 'state' },
    ...series.map(({ node, metric }) => ({ title: plainLine(`${node}.${metric}`), align: right })),
  ];
  const rows = runs.map((valued) => [
    String(valued.run.id),
    moment(valued.run.startedAt),
    valued.run.state.toLowerCase(),
    ...series.map((each) => valueOf(valued, each)),
  ]);
  return tableLines(columns, rows, Infinity);
}

/** A metric a line, with as many runs as there is room for. */
function byMetric(runs: readonly ValuedRun[], series: readonly Series[], width: number): readonly string[] {
  const table = (shown: readonly ValuedRun[], columns: number): readonly string[] =>
    tableLines(
      [{ title: 'run' }, ...shown.map(({ run }) => ({ title: String(run.id), align: 'right' as const }))],
      [
        ['state', ...shown.map(({ run }) => run.state.toLowerCase())],
        ...series.map((each) => [`${each.node}.${each.metric}`, ...shown.map((valued) => valueOf(valued, each))]),
      ],
      columns,
    );
  let fitting = runs.length;
  while (fitting > 1 && !fits(table(runs.slice(0, fitting), Infinity), width)) fitting--;
  const left = runs.length - fitting;
  const more = left === 0 ? [] : [`${counted(left, 'earlier run')} left out for want of room: --json tells all`];
  return [...table(runs.slice(0, fitting), width), ...more];
}

/**
 * Draws the table.
 *
 * @param runs - newest first
 * @param width - columns of the terminal; Infinity where lines may be of any length
 */
export function metricsTable(runs: readonly ValuedRun[], series: readonly Series[], width: number): readonly string[] {
  const lines = byRun(runs, series);
  return fits(lines, width) ? lines : byMetric(runs, series, width);
}
