/**
 * `pipeline metrics`: how the metrics of a pipeline went from run to run, newest first.
 */
import { suggest } from '../../config/fields.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { counted } from '../../reporting/text/quantities.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command, type Environment } from '../command.js';
import type { MetricsArguments } from '../arguments.js';
import { answerJson, withStore } from '../open-store.js';
import { findRun } from '../../history/find-run.js';
import { metricsTable, type Series } from '../../history/metrics-table.js';
import { valuedRunJson } from '../../history/run-json.js';
import { selectRuns } from '../../history/run-selection.js';
import type { ValuedRun } from '../../history/run-values.js';
import { rootOption } from '../shown-path.js';

/** Every metric of these runs, in the order in which nodes are executed. */
function seriesOf(runs: readonly ValuedRun[]): readonly Series[] {
  const found = new Map<string, Series>();
  for (const { nodes } of runs) {
    for (const { node, metrics } of nodes) {
      for (const metric of Object.keys(metrics)) found.set(JSON.stringify([node, metric]), { node, metric });
    }
  }
  return [...found.values()];
}

/** The metrics that are named: by themselves, by their node, or by both. */
function namedSeries(all: readonly Series[], names: readonly string[]): readonly Series[] {
  if (names.length === 0) return all;
  const namesOf = ({ node, metric }: Series): readonly string[] => [metric, node, `${node}.${metric}`];
  const unknown = names.find((name) => !all.some((series) => namesOf(series).includes(name)));
  if (unknown !== undefined) {
    throw new RequestError(
      'no-metric',
      `these runs have no metric '${unknown.slice(0, 80)}'`,
      suggest(unknown, [...new Set(all.flatMap(namesOf))]) ?? "'pipeline metrics' shows all",
    );
  }
  return all.filter((series) => namesOf(series).some((name) => names.includes(name)));
}

function metricsText(
  pipeline: string,
  runs: readonly ValuedRun[],
  series: readonly Series[],
  environment: Environment,
): string {
  const { stdout } = environment;
  const width = stdout.isTTY ? stdout.columns : Infinity;
  return [
    `${plainLine(pipeline)}: ${counted(runs.length, 'run')}`,
    ...metricsTable(runs, series, width),
    '',
    ...(runs.length > 1
      ? [`next: pipeline diff ${String(runs[1]?.run.id)} ${String(runs[0]?.run.id)}${rootOption(environment)}`, '']
      : []),
  ].join('\n');
}

export const command: Command<MetricsArguments> = (args, environment) =>
  withStore(environment, async ({ metadata }) => {
    const { stdout, json } = environment;
    const pipeline = args.pipeline ?? findRun(metadata, undefined).pipeline;
    const { runs, total } = await selectRuns({ ...args, pipeline }, metadata);
    const measured = runs.filter(({ nodes }) => nodes.length > 0);
    const series = namedSeries(seriesOf(measured), runs.length === 0 ? [] : args.names);
    const shown = measured.filter(({ nodes }) =>
      series.some(({ node, metric }) =>
        nodes.some((each) => each.node === node && Object.hasOwn(each.metrics, metric)),
      ),
    );
    if (json) {
      answerJson(environment, 'metrics', { pipeline, metrics: series, runs: shown.map(valuedRunJson), total });
    } else if (shown.length === 0) {
      stdout.write(`${plainLine(pipeline)}: no such run has metrics\n`);
    } else stdout.write(metricsText(pipeline, shown, series, environment));
    return EXIT.done;
  });
