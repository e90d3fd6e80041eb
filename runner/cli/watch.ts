/**
 * `pipeline run --watch`: runs, waits until something changes that the pipeline is made of, and runs again, until Ctrl-C.
 */
import { join, resolve } from 'node:path';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import { sourcePaths } from '../plan/source-paths.js';
import { plainLine } from '../reporting/text/plain-text.js';
import { counted } from '../reporting/text/quantities.js';
import type { RunArguments } from './arguments.js';
import { EXIT, type Environment, type ExitStatus } from './command.js';
import { watchPaths } from './file-watch.js';
import { loadGraph } from './load.js';
import { reportFailure } from './report-failure.js';
import { shownPath } from './shown-path.js';

/** Paths of the YAML files that are named on the command line: they may be missing, and come later. */
function namedFiles({ file, paramsFiles }: RunArguments, cwd: string): readonly string[] {
  return [file, join('pipelines', file), ...paramsFiles].map((name) => resolve(cwd, name));
}

/** Tells on standard output; for programs as a line of JSON. */
function tell(type: 'watching' | 'changed', paths: readonly string[], { stdout, json, cwd }: Environment): void {
  const shown = paths.map((path) => shownPath(path, cwd));
  if (json) stdout.write(`${JSON.stringify({ type, paths: shown })}\n`);
  else if (type === 'watching') stdout.write(`\nwatching ${counted(paths.length, 'path')}; Ctrl-C ends\n`);
  else stdout.write(`\nchanged: ${shown.map(plainLine).join(', ')}\n\n`);
}

/**
 * Runs again and again.
 *
 * @param runGraph - runs once
 * @returns the status for Ctrl-C
 */
export async function watchAndRun(
  args: RunArguments,
  environment: Environment,
  runGraph: (graph: PipelineGraph, args: RunArguments, environment: Environment) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const { cwd, json } = environment;
  const stop = new AbortController();
  const release = environment.onSignal(() => {
    stop.abort();
  });
  const failed = (error: unknown): void => {
    reportFailure(error, { argv: ['run', args.file, '--watch'], json, environment });
  };
  /** What was watched when the pipeline could last be read. */
  let sources: readonly string[] = [];
  try {
    for (;;) {
      const yaml = new Set(namedFiles(args, cwd));
      let graph: PipelineGraph | undefined;
      try {
        graph = await loadGraph(args, environment, (path) => yaml.add(path));
        sources = await sourcePaths(graph);
      } catch (error) {
        failed(error);
      }
      const paths = [...new Set([...yaml, ...sources])];
      // What a run writes itself changes nothing that it is made of.
      const watched = watchPaths(paths, environment.root);
      try {
        if (graph !== undefined) await runGraph(graph, args, environment).catch(failed);
        if (stop.signal.aborted) return EXIT.interrupted;
        tell('watching', paths, environment);
        tell('changed', await watched.changed(stop.signal), environment);
      } finally {
        watched.close();
      }
    }
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    release();
  }
}
