/**
 * Those who are told of a run beside the screen, as its options and its environment ask.
 */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { jobSummaryFile } from '../reporting/job-summary.js';
import { metricsFile } from '../reporting/metrics-file.js';
import type { Clock, Reporter } from '../reporting/reporter.js';
import { RequestError } from '../source/request-error.js';
import type { RunArguments } from './arguments.js';
import type { Environment } from './command.js';
import { summaryFile } from './github.js';

/** Whether something is a folder; undefined when it is not there. */
function isFolder(path: string): boolean | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory();
}

/** A file that can be written, as far as one can tell before; absolute. */
function writable(file: string, { cwd }: Environment): string {
  const path = resolve(cwd, file);
  const problem =
    isFolder(path) === true
      ? `${file} is a folder`
      : isFolder(dirname(path)) === true
        ? undefined
        : `its folder is not there`;
  if (problem === undefined) return path;
  throw new RequestError(
    'bad-metrics-file',
    `--metrics-file ${file}: ${problem}`,
    'name a file in a folder that is there',
  );
}

/**
 * The observers of a run.
 *
 * @throws RequestError `bad-metrics-file`
 */
export function runObservers(args: RunArguments, environment: Environment, clock: Clock): readonly Reporter[] {
  const tell = (message: string): void => {
    environment.stderr.write(`warning: ${message}\n`);
  };
  const summary = summaryFile(environment);
  return [
    ...(args.metricsFile === undefined ? [] : [metricsFile(writable(args.metricsFile, environment), clock, tell)]),
    ...(summary === undefined ? [] : [jobSummaryFile(summary, clock, tell)]),
  ];
}
