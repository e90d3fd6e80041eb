/**
 * `pipeline run`: executes what has changed and reports as it goes. The first Ctrl-C lets nothing new start and asks what
 * runs to stop; the second kills it.
 */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { suggest } from '../config/fields.js';
import { runPipeline } from '../execution/run-pipeline.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import { jsonReporter } from '../reporting/json-reporter.js';
import { lineReporter } from '../reporting/line-reporter.js';
import { liveReporter } from '../reporting/live-reporter.js';
import { logReporter } from '../reporting/log-reporter.js';
import { combineReporters, realClock, type Reporter } from '../reporting/reporter.js';
import { CommandError, EXIT, type Command, type Environment, type ExitStatus, type RunArguments } from './command.js';
import { loadGraph } from './load.js';

function screenReporter({ json, stdout, root, cwd }: Environment): Reporter {
  if (json) return jsonReporter(stdout, realClock);
  const shown = relative(cwd, root);
  const options = { rootOption: shown === '.pipeline' ? '' : ` --root ${shown === '' ? '.' : shown}` };
  return stdout.isTTY ? liveReporter(stdout, realClock, options) : lineReporter(stdout, realClock, options);
}

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
  const reporter = combineReporters([screenReporter(environment), logReporter(environment.root, realClock)]);
  const release = environment.onSignal(() => {
    const again = stop.signal.aborted;
    reporter.report({ type: 'run-stopping', kill: again });
    if (again) kill.abort();
    else stop.abort();
  });
  try {
    const { outcome } = await runPipeline({
      graph,
      root: environment.root,
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
