/**
 * The store as the commands see it that look back: found, never made; runs of dead processes are closed first.
 */
import { existsSync } from 'node:fs';
import { openMetadataStore } from '../../artifacts/metadata/sqlite-metadata-store.js';
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../artifacts/metadata/records.js';
import { isAlive } from '../../artifacts/process-identity.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { findRoot, type StoreRoot } from '../../artifacts/store/store-root.js';
import { notice } from '../reporting/notices.js';
import { counted } from '../reporting/text/quantities.js';
import { styleFor } from '../reporting/text/style.js';
import { RequestError } from '../source/request-error.js';
import type { Environment } from './command.js';
import { shownPath } from './shown-path.js';

/** An open store. */
export interface OpenStore {
  readonly root: StoreRoot;
  readonly metadata: MetadataStore;
}

/** What is said where nothing has run. */
export function nothingRan(environment: Environment): string {
  return `nothing has run yet: there is no store in ${shownPath(environment.root, environment.cwd)}`;
}

function closeDeadRuns(metadata: MetadataStore, now: number): readonly RunRecord[] {
  try {
    return metadata.closeDeadRuns(isAlive, now);
  } catch (error) {
    // Who may only read can still look back.
    if (error instanceof StoreError && error.code === 'read-only') return [];
    throw error;
  }
}

/** The store, or undefined when there is none. */
export function findStore(environment: Environment): OpenStore | undefined {
  const root = findRoot(environment.root);
  if (root === undefined || !existsSync(root.metadata)) return undefined;
  const metadata = openMetadataStore(root.metadata);
  const style = styleFor(environment.stderr.colors);
  for (const { id, pipeline } of closeDeadRuns(metadata, environment.now())) {
    environment.stderr.write(`${notice({ type: 'run-recovered', run: id, pipeline }, style) ?? ''}\n`);
  }
  const waiting = metadata.waitingRepeats();
  if (waiting > 0) {
    const [runs, are] = [counted(waiting, 'run'), waiting === 1 ? 'is' : 'are'];
    const what = `${runs} in which nothing had changed ${are} not shown: the metadata cannot be written just now`;
    environment.stderr.write(`${style.warn(what)}\n`);
  }
  return { root, metadata };
}

/**
 * Works with the store and closes it.
 *
 * @throws RequestError `no-store` when there is none
 */
export async function withStore<T>(environment: Environment, work: (store: OpenStore) => T | Promise<T>): Promise<T> {
  const store = findStore(environment);
  if (store === undefined) {
    throw new RequestError(
      'no-store',
      nothingRan(environment),
      "run a pipeline first: 'pipeline run FILE'; or name the store with --root",
    );
  }
  try {
    return await work(store);
  } finally {
    store.metadata.close();
  }
}

/** Writes an answer for programs: one line of JSON, its kind first. */
export function answerJson({ stdout }: Environment, type: string, answer: object): void {
  stdout.write(`${JSON.stringify({ type, ...answer })}\n`);
}
