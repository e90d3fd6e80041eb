/**
 * `pipeline runs`: the runs of a store, newest first.
 */
import type { RunRecord } from '../../artifacts/metadata/records.js';
import { duration, moment } from '../reporting/quantities.js';
import { tableLines } from '../reporting/table.js';
import { EXIT, type Command, type Environment, type RunsArguments } from './command.js';
import { answerJson, findStore, nothingRan, type OpenStore } from './open-store.js';
import { runJson } from './run-json.js';
import { rootOption } from './shown-path.js';

function row({ metadata }: OpenStore, run: RunRecord, now: number): readonly string[] {
  const { COMPLETE, CACHED, FAILED } = metadata.executionCounts(run.id);
  const parts = [
    COMPLETE > 0 ? `${String(COMPLETE)} executed` : '',
    CACHED > 0 ? `${String(CACHED)} cached` : '',
    FAILED > 0 ? `${String(FAILED)} failed` : '',
  ];
  return [
    String(run.id),
    run.pipeline,
    run.state.toLowerCase(),
    moment(run.startedAt),
    duration((run.endedAt ?? now) - run.startedAt),
    parts.filter((part) => part !== '').join(', '),
  ];
}

export const command: Command<RunsArguments> = async ({ pipeline, limit }, environment: Environment) => {
  const { stdout, json } = environment;
  const store = await findStore(environment);
  const runs = store?.metadata.runs({ limit, ...(pipeline === undefined ? {} : { pipeline }) }) ?? [];
  if (json) {
    answerJson(environment, 'runs', { runs: runs.map(runJson) });
  } else if (store === undefined || runs.length === 0) {
    stdout.write(
      pipeline === undefined ? `${nothingRan(environment)}\n` : `no run of a pipeline '${pipeline}' is recorded\n`,
    );
    stdout.write('next: pipeline run FILE\n');
  } else {
    const columns = [
      { title: 'run', align: 'right' as const },
      { title: 'pipeline' },
      { title: 'state' },
      { title: 'started' },
      { title: 'took', align: 'right' as const },
      { title: 'nodes' },
    ];
    const rows = runs.map((run) => row(store, run, environment.now()));
    const width = stdout.isTTY ? stdout.columns : Infinity;
    stdout.write(`${tableLines(columns, rows, width).join('\n')}\n`);
    stdout.write(`\nnext: pipeline show ${String(runs[0]?.id)}${rootOption(environment)}\n`);
  }
  store?.metadata.close();
  return EXIT.done;
};
