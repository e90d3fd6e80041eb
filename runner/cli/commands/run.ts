/**
 * `pipeline run`: executes what has changed and reports as it goes. The first Ctrl-C lets nothing new start and asks what
 * runs to stop; the second kills it.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { sha256Hex } from '../../../artifacts/digest.js';
import type { Digest } from '../../../artifacts/store/artifact-store.js';
import { runPipeline } from '../../execution/run-pipeline.js';
import type { RunRequest } from '../../execution/settling.js';
import { combineReporters, realClock } from '../../reporting/reporter.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { runReporter } from '../../reporting/run-reporter.js';
import { stepLogs } from '../../reporting/logs/step-logs.js';
import { machineBudget, overBudget } from '../../graph/budget.js';
import type { PipelineGraph } from '../../graph/pipeline-graph.js';
import { styleFor } from '../../reporting/text/style.js';
import { EXIT, InvalidPipeline, type Command, type Environment, type ExitStatus } from '../command.js';
import type { RunArguments } from '../arguments.js';
import { inGithub, nodePlaces } from '../github.js';
import { loadGraph } from '../load.js';
import { withStore } from '../open-store.js';
import { failureText } from '../report-failure.js';
import { isPlain, requestDigest } from '../run-request.js';
import { selectGraph } from '../select.js';
import { runObservers } from '../run-observers.js';
import { rootOption, shownPath } from '../shown-path.js';
import { remoteStore } from '../remote.js';
import { storeLimit, warnOfSize } from '../store-size.js';

/** What is told when something ends the process before the run has ended. */
const ENDED = {
  code: 'ended',
  message: 'the process was ended before the run was, as by process.exit() in user code',
  hint: 'throw an error instead; the next run goes on with what is done',
};

const STATUS: Readonly<Record<'complete' | 'failed' | 'canceled', ExitStatus>> = {
  complete: EXIT.done,
  failed: EXIT.failed,
  canceled: EXIT.interrupted,
};

/** Runs what the arguments select of a graph, once. */
async function runGraph(
  graph: PipelineGraph,
  args: RunArguments,
  environment: Environment,
  request?: RunRequest,
): Promise<ExitStatus> {
  const selected = selectGraph(graph, args);
  const budget = machineBudget(args.resources, args.jobs);
  const over = overBudget(selected, budget);
  if (over.length > 0) throw new InvalidPipeline(over);
  const limit = storeLimit(environment);
  const stop = new AbortController();
  const remote = await remoteStore(environment, stop.signal);
  const observers = await runObservers(args, environment, realClock);
  const kill = new AbortController();
  const { stdout, json, root, cwd } = environment;
  const shown = { rootOption: rootOption(environment), rootPath: shownPath(root, cwd) };
  const github = inGithub(environment)
    ? { placeOf: nodePlaces(selected.graph, environment), token: randomUUID() }
    : undefined;
  const screen = await runReporter(stdout, realClock, { json, github, ...shown });
  const logs = stepLogs(root, realClock, (node, message) => {
    screen.report({ type: 'step-log', node, level: 'warn', message });
  });
  // The logs first: a summary names them.
  const reporter = combineReporters([logs, ...observers.reporters, screen]);
  const unsent = new AbortController();
  let isOver = false;
  const releaseExit = environment.onExit(() => failureText(ENDED));
  const release = environment.onSignal(() => {
    const again = stop.signal.aborted;
    if (isOver) {
      // What is still to be sent outlives the first signal.
      if (again) unsent.abort();
      else stop.abort();
      return;
    }
    reporter.report({ type: 'run-stopping', kill: again });
    if (!again) stop.abort();
    else {
      kill.abort();
      environment.endStarted();
    }
  });
  try {
    const { run, outcome, differing, storeBytes } = await runPipeline({
      ...selected,
      root,
      jobs: args.jobs ?? availableParallelism(),
      budget,
      cache: args.cache,
      remote,
      checkDeterminism: args.checkDeterminism,
      failFast: args.failFast,
      request,
      report: (event) => {
        reporter.report(event);
      },
      stop: stop.signal,
      kill: kill.signal,
    });
    if (args.report !== undefined) {
      const { writeReport } = await import('./report.js');
      await withStore(environment, (store) => writeReport({ run, output: args.report }, store, environment));
    }
    warnOfSize(storeBytes, limit, environment);
    return outcome === 'complete' && differing.length > 0 ? EXIT.failed : STATUS[outcome];
  } finally {
    isOver = true;
    releaseExit();
    reporter.close();
    await observers.send(unsent.signal);
    release();
    const left = environment.endStarted().map(({ pid, name }) => `${String(pid)} (${plainLine(name)})`);
    if (left.length > 0) {
      const text = `ended processes that steps had left running: ${left.join(', ')}`;
      environment.stderr.write(`${styleFor(environment.stderr.colors).warn(text)}\n`);
    }
  }
}

export const command: Command<RunArguments> = async (args, environment) => {
  if (args.dryRun) {
    const plan = await import('./plan.js');
    return await plan.command({ ...args, exitCode: false }, environment);
  }
  if (args.watch) {
    const { watchAndRun } = await import('../watch.js');
    return await watchAndRun(args, environment, runGraph);
  }
  const at = environment.now();
  const texts: Record<string, Digest> = {};
  const graph = await loadGraph(args, environment, (path, text) => {
    if (text !== undefined) texts[path] = sha256Hex(text);
  });
  const { argv, cwd } = environment;
  const asksForMore = args.report !== undefined || args.metricsFile !== undefined || !isPlain(environment);
  const possible = [args.file, ...args.paramsFiles].map((name) => resolve(cwd, name));
  const request = asksForMore ? undefined : { digest: requestDigest(argv, environment), at, texts, possible };
  return await runGraph(graph, args, environment, request);
};
