/**
 * The short way of `pipeline run`: when the very same command was run before and nothing that it looked at has changed, the
 * run is recorded and told without reading the pipeline. See execution/settled-run.ts.
 */
import { existsSync } from 'node:fs';
import type { NumberedRepeat } from '../../artifacts/metadata/metadata-store.js';
import { findRoot, rootPlaces } from '../../artifacts/store/store-root.js';
import { isStillSettled, readSettled, recordSettled, settledPath, type SettledRun } from '../execution/settled-run.js';
import { realClock } from '../reporting/reporter.js';
import { runReporter } from '../reporting/run-reporter.js';
import { EXIT, type Environment, type ExitStatus, type ProcessEnvironment } from './command.js';
import { environmentOf } from './environment.js';
import { isPlain, requestDigest } from './run-request.js';
import { rootOption, shownPath } from './shown-path.js';
import { storeLimit, warnOfSize, type StoreLimit } from './store-size.js';

function namedRoot(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((argument) => argument === '--root' || argument.startsWith('--root='));
  return argv[at]?.startsWith('--root=') === true
    ? argv[at].slice('--root='.length)
    : at < 0
      ? undefined
      : argv[at + 1];
}

/** A run that was recorded as the repetition of a settled one. */
interface Repeated {
  readonly run: NumberedRepeat;
  readonly settled: SettledRun;
  readonly limit: StoreLimit;
}

function record(path: string, environment: Environment, startedAt: number): Repeated | undefined {
  const settled = readSettled(path);
  const root = findRoot(environment.root);
  if (settled === undefined || root === undefined || !isStillSettled(settled, root)) return undefined;
  const limit = storeLimit(environment);
  const run = recordSettled(settled, root, startedAt);
  return run === undefined ? undefined : { run, settled, limit };
}

async function tell(run: number, settled: SettledRun, environment: Environment, startedAt: number): Promise<void> {
  const { stdout, json, root, cwd } = environment;
  const { pipeline, steps, jobs } = settled;
  const shown = { rootOption: rootOption(environment), rootPath: shownPath(root, cwd) };
  const reporter = await runReporter(stdout, realClock, { json, github: undefined, ...shown });
  reporter.report({ type: 'run-started', run, pipeline, nodes: steps.map(({ node }) => node), jobs });
  for (const step of steps) reporter.report(step);
  reporter.report({ type: 'run-ended', run, outcome: 'complete', durationMs: environment.now() - startedAt });
  reporter.close();
}

/**
 * Runs what the arguments ask for, if that is the same as before.
 *
 * @returns undefined when it has to go the whole way; nothing was changed or said then
 */
export async function repeatRun(argv: readonly string[], outside: ProcessEnvironment): Promise<ExitStatus | undefined> {
  if (!isPlain(outside)) return undefined;
  const startedAt = outside.now();
  const environment = environmentOf(outside, argv, { root: namedRoot(argv), json: argv.includes('--json') });
  const path = settledPath(rootPlaces(environment.root), requestDigest(argv, outside));
  if (!existsSync(path)) return undefined;
  let repeated: Repeated | undefined;
  try {
    repeated = record(path, environment, startedAt);
  } catch {
    // Whatever is wrong with the store, the whole way says it.
  }
  if (repeated === undefined) return undefined;
  const { run, settled, limit } = repeated;
  await tell(run.run, settled, environment, startedAt);
  warnOfSize(run.standingBytes, limit, environment);
  return EXIT.done;
}
