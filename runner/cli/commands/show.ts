/**
 * `pipeline show`: all of one run.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BoundArtifact, ExecutionWithArtifacts } from '../../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord, RunRecord } from '../../../artifacts/metadata/records.js';
import { RAISE_HEAP } from '../../../components/memory-watch.js';
import { plainLine, plainText } from '../../reporting/text/plain-text.js';
import { byteSize, duration, metricText, moment, shortDigest } from '../../reporting/text/quantities.js';
import { MARKS, paintState, styleFor, type Style } from '../../reporting/text/style.js';
import { DIGEST_CUTS, tableLines } from '../../reporting/text/table.js';
import { valueText } from '../../reporting/text/value-text.js';
import { EXIT, type Command, type Environment } from '../command.js';
import type { ShowArguments } from '../arguments.js';
import { answerJson, withStore, type OpenStore } from '../open-store.js';
import { findRun } from '../../history/find-run.js';
import { executionJson, runJson } from '../../history/run-json.js';
import { NODE_STATES } from '../../history/run-states.js';
import { rootOption, shownPath } from '../shown-path.js';

function headline(run: RunRecord, now: number, style: Style): readonly string[] {
  const took = duration((run.endedAt ?? now) - run.startedAt);
  const verdict =
    run.state === 'COMPLETE'
      ? style.good(`complete in ${took}`)
      : run.state === 'RUNNING'
        ? style.active(`running for ${took}`)
        : run.state === 'FAILED'
          ? style.bad(`failed after ${took}`)
          : style.warn(`stopped after ${took}`);
  const params = Object.entries(run.params).map(([name, value]) => `${name}=${valueText(JSON.stringify(value), '')}`);
  return [
    `${style.strong(`${plainLine(run.pipeline)}, run ${String(run.id)}`)}: ${verdict}`,
    `${plainLine(run.file)}, started ${moment(run.startedAt)}`,
    ...(params.length === 0 ? [] : [`params: ${plainLine(params.join(' '))}`]),
  ];
}

function nodeDetail({ state, cachedFrom, reason, failure }: ExecutionRecord, { metadata }: OpenStore): string {
  switch (state) {
    case 'CACHED': {
      const origin = cachedFrom === undefined ? undefined : metadata.execution(cachedFrom)?.execution;
      return origin === undefined ? 'cached' : `cached, from run ${String(origin.runId)}`;
    }
    case 'FAILED':
      return failure?.message.split('\n', 1)[0] ?? '';
    case 'CANCELED':
      return 'stopped';
    case 'SKIPPED':
      return `skipped: ${reason ?? ''}`;
    case 'RUNNING':
    case 'COMPLETE':
      return reason ?? '';
  }
}

function nodeRow({ execution }: ExecutionWithArtifacts, store: OpenStore, now: number): readonly string[] {
  const { state, node, component, startedAt, endedAt } = execution;
  return [
    MARKS[NODE_STATES[state]],
    node,
    component,
    state === 'CACHED' || state === 'SKIPPED' ? '' : duration((endedAt ?? now) - startedAt),
    nodeDetail(execution, store),
  ];
}

/** In place of what could not be measured, and what is said of it. */
const NOT_MEASURED = '?';
const UNMEASURED = [
  `${NOT_MEASURED}  not told apart from others in the same process, which --jobs 1 or runsIn: 'worker' does; or too short;`,
  '   or of a program that another system than Linux ran',
];

/** What an executed step took and used. */
function resourceRow({ execution, inputs, outputs }: ExecutionWithArtifacts): readonly string[] {
  const { node, timings, resources } = execution;
  if (timings === undefined) return [];
  const bytes = (bound: readonly BoundArtifact[]): string =>
    byteSize(bound.reduce((sum, { artifact }) => sum + artifact.bytes, 0));
  return [
    node,
    duration(timings.queuedMs),
    duration(timings.executeMs),
    resources?.cpuMs === undefined ? NOT_MEASURED : duration(resources.cpuMs),
    resources?.peakMemoryBytes === undefined ? NOT_MEASURED : byteSize(resources.peakMemoryBytes),
    bytes(inputs),
    bytes(outputs),
  ];
}

/** What to do about a process that may have died for want of memory; what it died of, no record tells. */
const AFTER_DEATH = [
  `  help: where it said 'heap out of memory', ${RAISE_HEAP};`,
  '    where the system killed it for want of memory, as its log (dmesg) tells: --jobs 1, or less work at once;',
  "    a component of one's own with runsIn: 'worker' in its spec dies without the run",
];

/** Of a failed run in which no node failed: a step that ended at once with the process is not on record. */
const CUT_SHORT = [
  'the run ended before its steps did: its process died, or its store could not be written',
  ...AFTER_DEATH,
];

function failureLines(execution: ExecutionRecord, store: OpenStore, environment: Environment): readonly string[] {
  const { node, failure, log } = execution;
  if (failure === undefined) return [];
  const path = log === undefined ? undefined : join(store.root.path, log);
  return [
    `${plainLine(node)}[${plainLine(failure.code)}]: ${plainText(failure.message).replaceAll('\n', '\n    ')}`,
    ...(failure.code === 'process-died' ? AFTER_DEATH : []),
    ...(path !== undefined && existsSync(path) ? [`  log: ${plainLine(shownPath(path, environment.cwd))}`] : []),
  ];
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : `\n${style.strong(title)}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const PLAIN = { title: '' };
const NAME = { title: '', isName: true };
const RIGHT = { title: '', align: 'right' } as const;
const DIGEST = { title: '', cuts: DIGEST_CUTS };
const RESOURCES = [
  PLAIN,
  ...['waited', 'executed', 'CPU', 'memory', 'in', 'out'].map((title) => ({ title, align: 'right' as const })),
];

function showText(run: RunRecord, store: OpenStore, environment: Environment): string {
  const { stdout } = environment;
  const now = environment.now();
  const style = styleFor(stdout.colors);
  const width = stdout.isTTY ? stdout.columns - 2 : Infinity;
  const executions = store.metadata.executionsOf(run.id);
  const nodes = tableLines(
    [PLAIN, NAME, PLAIN, RIGHT, PLAIN],
    executions.map((each) => nodeRow(each, store, now)),
    width,
  ).map((line, index) => paintState(style, NODE_STATES[executions[index]?.execution.state ?? 'RUNNING'])(line));
  const artifacts = executions.flatMap(({ execution, outputs }) =>
    outputs.map(({ port, artifact }) => [
      `${execution.node}.${port}`,
      artifact.type,
      shortDigest(artifact.digest),
      artifact.gone ? 'gone' : byteSize(artifact.bytes),
    ]),
  );
  const resources = executions.map(resourceRow).filter((row) => row.length > 0);
  const isAllMeasured = !resources.flat().includes(NOT_MEASURED);
  const metrics = executions.flatMap(({ execution }) =>
    Object.entries(execution.metrics).map(([name, value]) => [execution.node, name, metricText(value)]),
  );
  const failures = executions.flatMap(({ execution }) => failureLines(execution, store, environment));
  const failed = executions.find(({ execution }) => execution.state === 'FAILED')?.execution.node;
  const executed = executions.findLast(({ execution }) => execution.state === 'COMPLETE')?.execution.node;
  const told = failed ?? executed ?? executions.at(-1)?.execution.node;
  const isCutShort = run.state === 'FAILED' && failures.length === 0;
  const hasDied = isCutShort || executions.some(({ execution }) => execution.failure?.code === 'process-died');
  const next = hasDied ? `resume ${String(run.id)}` : told && `explain ${told} --run ${String(run.id)}`;
  return [
    `${headline(run, now, style).join('\n')}\n`,
    executions.length === 0
      ? '\nno node is on record: the process may have ended before one was\n'
      : section('nodes', nodes, style),
    section('artifacts', tableLines([PLAIN, PLAIN, DIGEST, RIGHT], artifacts, width), style),
    section('resources', [...tableLines(RESOURCES, resources, width), ...(isAllMeasured ? [] : UNMEASURED)], style),
    section('metrics', tableLines([NAME, NAME, PLAIN], metrics, width), style),
    section('failures', isCutShort ? CUT_SHORT : failures, style),
    next === undefined ? '' : `\nnext: ${style.strong(`pipeline ${next}${rootOption(environment)}`)}\n`,
  ].join('');
}

export const command: Command<ShowArguments> = (args, environment) =>
  withStore(environment, (store) => {
    const run = findRun(store.metadata, args.run);
    if (environment.json) {
      const executions = store.metadata.executionsOf(run.id).map(executionJson);
      answerJson(environment, 'run', { ...runJson(run), executions });
    } else environment.stdout.write(showText(run, store, environment));
    return EXIT.done;
  });
