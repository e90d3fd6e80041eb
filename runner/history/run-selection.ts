/**
 * The runs that a command means by its options: a filter, an order, a page.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { RunState } from '../../artifacts/metadata/records.js';
import { sortRuns } from './run-order.js';
import { valuedRuns, type ValuedRun } from './run-values.js';

/** How runs are chosen by `--status`. */
export const RUN_STATUSES = ['running', 'complete', 'failed', 'canceled'] as const;

/** Which runs are wanted. */
export interface RunSelection {
  readonly pipeline: string | undefined;
  readonly status: (typeof RUN_STATUSES)[number] | undefined;
  /** A condition in CEL over `metrics` and `params`. */
  readonly where: string | undefined;
  /** `started`, `-metrics.accuracy`; undefined: newest first. */
  readonly sort: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** A page of runs, newest first unless sorted otherwise. */
export interface SelectedRuns {
  readonly runs: readonly ValuedRun[];
  /** How many there are on all pages. */
  readonly total: number;
}

/** @throws RequestError `bad-condition`, `bad-sort` */
export async function selectRuns(selection: RunSelection, metadata: MetadataStore): Promise<SelectedRuns> {
  const { pipeline, where, sort, limit, offset } = selection;
  const state = selection.status?.toUpperCase() as RunState | undefined;
  if (where === undefined && sort === undefined) {
    const runs = valuedRuns(metadata.runs({ pipeline, state, limit, offset }), metadata);
    return { runs, total: metadata.countRuns({ pipeline, state }) };
  }
  const all = valuedRuns(metadata.runs({ pipeline, state }), metadata);
  const matching = where === undefined ? all : (await import('./run-filter.js')).filterRuns(all, where);
  const sorted = sort === undefined ? matching : sortRuns(matching, sort);
  return { runs: sorted.slice(offset, offset + limit), total: sorted.length };
}
