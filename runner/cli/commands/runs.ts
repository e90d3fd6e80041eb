/**
 * `pipeline runs`: the runs of a store, newest first, filtered, sorted and by pages.
 */
import { counted, duration, moment } from '../../reporting/text/quantities.js';
import { MOMENT_CUTS, tableLines } from '../../reporting/text/table.js';
import { EXIT, type Command, type Environment } from '../command.js';
import type { RunsArguments } from '../arguments.js';
import { answerJson, findStore, nothingRan, type OpenStore } from '../open-store.js';
import { valuedRunJson } from '../../history/run-json.js';
import { selectRuns, type SelectedRuns } from '../../history/run-selection.js';
import { pathsIn, valueAt, valueText, type ValuedRun } from '../../history/run-values.js';
import { rootOption } from '../shown-path.js';

function row(valued: ValuedRun, paths: readonly string[], { metadata }: OpenStore, now: number): readonly string[] {
  const { run } = valued;
  const { COMPLETE, CACHED, SKIPPED, FAILED } = metadata.executionCounts(run.id);
  const parts = [
    COMPLETE > 0 ? `${String(COMPLETE)} executed` : '',
    CACHED > 0 ? `${String(CACHED)} cached` : '',
    SKIPPED > 0 ? `${String(SKIPPED)} skipped` : '',
    FAILED > 0 ? `${String(FAILED)} failed` : '',
  ];
  return [
    String(run.id),
    run.pipeline,
    run.state.toLowerCase(),
    moment(run.startedAt),
    duration((run.endedAt ?? now) - run.startedAt),
    ...paths.map((path) => valueText(valueAt(path, valued))),
    parts.filter((part) => part !== '').join(', '),
  ];
}

function runsText(
  { runs, total }: SelectedRuns,
  { where = '', sort = '', offset }: RunsArguments,
  store: OpenStore,
  environment: Environment,
): string {
  const { stdout } = environment;
  const right = 'right' as const;
  // What was asked for is shown.
  const paths = [...new Set([...pathsIn(where), ...pathsIn(sort)])];
  const columns = [
    { title: 'run', align: right },
    { title: 'pipeline', isName: true },
    { title: 'state' },
    { title: 'started', cuts: MOMENT_CUTS },
    { title: 'took', align: right },
    ...paths.map((title) => ({ title, align: right })),
    { title: 'nodes' },
  ];
  const rows = runs.map((run) => row(run, paths, store, environment.now()));
  const after = offset + runs.length;
  return [
    ...tableLines(columns, rows, stdout.isTTY ? stdout.columns : Infinity),
    ...(total > runs.length
      ? [
          `${String(offset + 1)} to ${String(after)} of ${counted(total, 'run')}${after < total ? `: --offset ${String(after)} goes on` : ''}`,
        ]
      : []),
    '',
    `next: pipeline show ${String(runs[0]?.run.id)}${rootOption(environment)}`,
    '',
  ].join('\n');
}

/** What is said when there is no run to show. */
function noneText({ pipeline, status, where, offset }: RunsArguments, total: number): string {
  if (total > 0) return `there are only ${counted(total, 'run')}: --offset ${String(offset)} is past them\n`;
  if (where !== undefined) return 'there is no such run\n';
  const what = status === undefined ? '' : `${status} `;
  return `no ${what}run${pipeline === undefined ? '' : ` of a pipeline '${pipeline}'`} is recorded\n`;
}

export const command: Command<RunsArguments> = async (args, environment) => {
  const { stdout, json } = environment;
  const store = findStore(environment);
  try {
    const selected = store === undefined ? { runs: [], total: 0 } : await selectRuns(args, store.metadata);
    const { runs, total } = selected;
    if (json) answerJson(environment, 'runs', { runs: runs.map(valuedRunJson), total });
    else if (store === undefined || store.metadata.countRuns({}) === 0) {
      stdout.write(`${nothingRan(environment)}\nnext: pipeline run FILE\n`);
    } else if (runs.length === 0) stdout.write(noneText(args, total));
    else stdout.write(runsText(selected, args, store, environment));
    return EXIT.done;
  } finally {
    store?.metadata.close();
  }
};
