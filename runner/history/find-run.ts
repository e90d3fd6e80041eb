/**
 * The run that a request means.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../artifacts/metadata/records.js';
import { RequestError } from '../source/request-error.js';

/**
 * Finds it.
 *
 * @param run - its number; undefined for the latest
 * @throws RequestError `no-run`
 */
export function findRun(metadata: MetadataStore, run: number | undefined): RunRecord {
  const [latest] = metadata.runs({ limit: 1 });
  const found = run === undefined ? latest : metadata.run(run);
  if (found !== undefined) return found;
  if (latest === undefined) throw new RequestError('no-run', 'nothing has run yet', "try 'pipeline run FILE'");
  throw new RequestError(
    'no-run',
    `there is no run ${String(run)}`,
    `the latest is ${String(latest.id)}; 'pipeline runs' lists them`,
  );
}
