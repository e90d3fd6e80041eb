/**
 * `pipeline run`: executes what has changed and reports as it goes. The first Ctrl-C lets nothing new start and asks what
 * runs to stop; the second kills it.
 */
import { availableParallelism } from 'node:os';
import { suggest } from '../config/fields.js';
import { runPipeline } from '../execution/run-pipeline.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import { combineReporters, realClock } from '../reporting/reporter.js';
import { runReporter } from '../reporting/run-reporter.js';
import { stepLogs } from '../reporting/step-logs.js';
import { CommandError, EXIT, type Command, type ExitStatus, type RunArguments } from './command.js';
import { loadGraph } from './load.js';
import { rootOption, shownPath } from './shown-path.js';

function forcedNodes(names: readonly string[], graph: PipelineGraph): ReadonlySet<string> {
  const known = graph.nodes.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return new Set(names);
  throw new CommandError('unknown-node', `there is no node '${unknown}' to force`, suggest(unknown, known));
}

const STATUS: Readonly<Record<'complete' | 'failed' | 'canceled', ExitStatus>> = {
  complete: EXIT.done,
  failed: EXIT.failed,
  canceled: EXIT.interrupted,
};

export const command: Command<RunArguments> = async (args, environment) => {
  const graph = await loadGraph(args, environment);
  const force = forcedNodes(args.force, graph);
  const stop = new AbortController();
  const kill = new AbortController();
  const { stdout, json, root, cwd } = environment;
  const shown = { rootOption: rootOption(environment), rootPath: shownPath(root, cwd) };
  const screen = await runReporter(stdout, realClock, { json, ...shown });
  const logs = stepLogs(root, realClock, (node, message) => {
    screen.report({ type: 'step-log', node, level: 'warn', message });
  });
  // The logs first: a summary names them.
  const reporter = combineReporters([logs, screen]);
  const release = environment.onSignal(() => {
    const again = stop.signal.aborted;
    reporter.report({ type: 'run-stopping', kill: again });
    if (again) kill.abort();
    else stop.abort();
  });
  try {
    const { outcome } = await runPipeline({
      graph,
      root,
      jobs: args.jobs ?? availableParallelism(),
      cache: args.cache,
      force,
      report: (event) => {
        reporter.report(event);
      },
      stop: stop.signal,
      kill: kill.signal,
    });
    return STATUS[outcome];
  } finally {
    release();
    reporter.close();
  }
};
