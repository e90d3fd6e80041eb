/**
 * Those who are told of a run beside the screen, as its options and its environment ask.
 */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorMessage } from '../../artifacts/system-error.js';
import { sweepUnfinished } from '../../artifacts/unfinished.js';
import { jobSummaryFile } from '../reporting/github/job-summary.js';
import { metricsFile } from '../reporting/metrics-file.js';
import type { Clock, Reporter } from '../reporting/reporter.js';
import { RequestError } from '../source/request-error.js';
import { telemetryWanted } from '../telemetry/settings.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { RunArguments } from './arguments.js';
import type { Environment } from './command.js';
import { summaryFile } from './github.js';
import { packageVersion } from './version.js';

/** Whether something is a folder; undefined when it is not there. */
function isFolder(path: string): boolean | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory();
}

/** Why a file cannot be written, as far as one can tell before. */
function hindrance(file: string, path: string): string | undefined {
  try {
    if (isFolder(path) === true) return `${file} is a folder`;
    return isFolder(dirname(path)) === true ? undefined : 'its folder is not there';
  } catch (error) {
    // It lies below a file, or where this user may not look.
    return errorMessage(error);
  }
}

/** A file that can be written, as far as one can tell before; absolute. */
async function writable(file: string, { cwd }: Environment): Promise<string> {
  const path = resolve(cwd, file);
  const problem = hindrance(file, path);
  if (problem === undefined) {
    await sweepUnfinished(dirname(path));
    return path;
  }
  throw new RequestError(
    'bad-metrics-file',
    `--metrics-file ${file}: ${problem}`,
    'name a file in a folder that is there',
  );
}

/** Those who are told of a run beside the screen. */
export interface RunObservers {
  readonly reporters: readonly Reporter[];
  /** Sends what they gathered over the network, after the run, and gives up when it is to stop; never rejects. */
  readonly send: (stop: AbortSignal) => Promise<void>;
}

async function gatherTelemetry(
  { env }: Environment,
  clock: Clock,
  tell: (message: string) => void,
): Promise<Telemetry | undefined> {
  if (!telemetryWanted(env)) return undefined;
  const { telemetry } = await import('../telemetry/telemetry.js');
  return telemetry(env, packageVersion(), clock, tell);
}

/**
 * The observers of a run.
 *
 * @throws RequestError `bad-metrics-file`
 */
export async function runObservers(args: RunArguments, environment: Environment, clock: Clock): Promise<RunObservers> {
  const tell = (message: string): void => {
    environment.stderr.write(`warning: ${message}\n`);
  };
  const summary = summaryFile(environment);
  const gathered = await gatherTelemetry(environment, clock, tell);
  const reporters = [
    ...(args.metricsFile === undefined
      ? []
      : [metricsFile(await writable(args.metricsFile, environment), clock, tell)]),
    ...(summary === undefined ? [] : [jobSummaryFile(summary, clock, tell)]),
    ...(gathered === undefined ? [] : [gathered]),
  ];
  return { reporters, send: gathered?.send ?? (() => Promise.resolve()) };
}
