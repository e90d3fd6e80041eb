/**
 * `pipeline logs`: what a step said, and with `--follow` what it goes on to say.
 */
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord, RunRecord } from '../../../artifacts/metadata/records.js';
import { isAlive } from '../../../artifacts/process-identity.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { suggest } from '../../config/fields.js';
import { recordedLog } from '../../../artifacts/store/step-log.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { LogReader, recordedLines, type LogLine } from '../../reporting/logs/log-reader.js';
import { styleFor } from '../../reporting/text/style.js';
import { RequestError } from '../../source/request-error.js';
import { EXIT, type Command, type Environment, type ExitStatus } from '../command.js';
import type { LogsArguments } from '../arguments.js';
import { findRun } from '../../history/find-run.js';
import { withStore, type OpenStore } from '../open-store.js';

/** Milliseconds between two looks at a log that is followed. */
const POLL_MS = 200;

function executionOf(node: string, run: RunRecord, metadata: MetadataStore): ExecutionRecord | undefined {
  return metadata.executionsOf(run.id).findLast(({ execution }) => execution.node === node)?.execution;
}

function noExecution(node: string, run: RunRecord, metadata: MetadataStore): RequestError {
  const known = [...new Set(metadata.executionsOf(run.id).map(({ execution }) => execution.node))];
  return new RequestError(
    'no-execution',
    `run ${String(run.id)} of ${run.pipeline} has no execution of a node '${node.slice(0, 80)}'`,
    suggest(node, known) ?? 'a node that was not reached has none',
  );
}

/** Writes lines of a log as people or programs want them. */
function writer({ stdout, json }: Environment, run: RunRecord, node: string): (line: LogLine) => void {
  const style = styleFor(stdout.colors);
  return (line) => {
    if (json) {
      stdout.write(`${JSON.stringify({ type: 'log-line', run: run.id, node, ...line })}\n`);
      return;
    }
    const { time, level, message } = line;
    const text = [...(level === 'info' || level === 'warn' ? [level] : []), message].join(' ');
    const painted = level === 'warn' ? style.warn(text) : level === 'error' ? style.bad(text) : text;
    stdout.write(time === undefined ? `${painted}\n` : `${style.dim(time)} ${painted}\n`);
  };
}

function note(environment: Environment, text: string): void {
  environment.stderr.write(`${styleFor(environment.stderr.colors).dim(text)}\n`);
}

/** Says where the log of a cached step comes from. */
function noteOrigin(execution: ExecutionRecord, { metadata }: OpenStore, environment: Environment): void {
  const { cachedFrom, node } = execution;
  const origin = cachedFrom === undefined ? undefined : metadata.execution(cachedFrom)?.execution;
  if (origin !== undefined) {
    note(environment, `${plainLine(node)} was cached: this is what it said in run ${String(origin.runId)}`);
  }
}

/** The lines that are wanted of those that were there from the beginning. */
function lastOf(lines: readonly LogLine[], tail: number | undefined): readonly LogLine[] {
  return tail === undefined ? lines : lines.slice(-tail);
}

async function follow(
  { node, tail }: LogsArguments,
  run: RunRecord,
  store: OpenStore,
  environment: Environment,
): Promise<ExitStatus> {
  const { metadata, root } = store;
  const write = writer(environment, run, node);
  const stopped = new AbortController();
  const release = environment.onSignal(() => {
    stopped.abort();
  });
  let reader: LogReader | undefined;
  let isWaiting = false;
  try {
    for (;;) {
      metadata.closeDeadRuns(isAlive, environment.now());
      // Asked before the log is read: whatever was written before the step ended is read then.
      const execution = executionOf(node, run, metadata);
      if (execution === undefined) {
        if (metadata.run(run.id)?.state !== 'RUNNING') throw noExecution(node, run, metadata);
        if (!isWaiting) note(environment, `${plainLine(node)} has not started yet`);
        isWaiting = true;
      } else {
        const path = recordedLog(root.path, execution.log);
        const isEnded = execution.state !== 'RUNNING';
        if (reader === undefined) noteOrigin(execution, store, environment);
        if (path !== undefined) {
          const isFirst = reader === undefined;
          reader ??= new LogReader(path);
          const lines = await reader.read(isEnded);
          for (const line of isFirst ? lastOf(lines, tail) : lines) write(line);
        }
        if (isEnded) return EXIT.done;
      }
      await sleep(POLL_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return EXIT.interrupted;
    }
  } finally {
    release();
  }
}

export const command: Command<LogsArguments> = (args, environment) =>
  withStore(environment, async (store) => {
    const { metadata, root } = store;
    const { node, tail } = args;
    const run = findRun(metadata, args.run);
    if (args.follow) return await follow(args, run, store, environment);
    const execution = executionOf(node, run, metadata);
    if (execution === undefined) throw noExecution(node, run, metadata);
    noteOrigin(execution, store, environment);
    const lines = await recordedLines(root.path, execution.log);
    const write = writer(environment, run, node);
    for (const line of lastOf(lines, tail)) write(line);
    if (lines.length === 0) note(environment, `${plainLine(node)} said nothing in run ${String(run.id)}`);
    return EXIT.done;
  });
