/**
 * `pipeline resume`: runs a pipeline again with the file and the params of a run that did not come to its end. What that
 * run finished is cached, and a training goes on from its last checkpoint.
 */
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { RequestError } from '../../source/request-error.js';
import type { Command } from '../command.js';
import type { ResumeArguments } from '../arguments.js';
import { findRun } from '../../history/find-run.js';
import { withStore } from '../open-store.js';
import { command as runAgain } from './run.js';

/** The run that is meant, which did not complete. */
function unfinished(run: number | undefined, metadata: MetadataStore): RunRecord {
  const found =
    run === undefined ? metadata.runs({}).find(({ state }) => state !== 'COMPLETE') : findRun(metadata, run);
  if (found === undefined) {
    throw new RequestError('nothing-to-resume', 'every run is complete', "'pipeline run FILE' starts a new one");
  }
  const { id, state } = found;
  if (state === 'RUNNING') throw new RequestError('still-running', `run ${String(id)} is going on`);
  if (state !== 'COMPLETE') return found;
  throw new RequestError('nothing-to-resume', `run ${String(id)} is complete`, "'pipeline run FILE' starts a new one");
}

export const command: Command<ResumeArguments> = async ({ run, ...how }, environment) => {
  const { file, params } = await withStore(environment, ({ metadata }) => unfinished(run, metadata));
  // JSON is YAML.
  const set = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const everything = { from: [], to: [], only: [], exclude: [], force: [], cache: true };
  const once = { checkDeterminism: false, watch: false };
  return await runAgain({ file, set, paramsFiles: [], ...everything, ...how, ...once }, environment);
};
