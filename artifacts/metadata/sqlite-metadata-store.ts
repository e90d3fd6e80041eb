/**
 * The metadata store in one SQLite file. Each fact is written twice: as ML Metadata has it, for its own tools, and in
 * our tables, where it can be asked for in one query. Both in one transaction.
 */
import { StoreError } from '../store/store-error.js';
import { Database } from './database.js';
import { historyQueries } from './history-queries.js';
import type { MetadataStore } from './metadata-store.js';
import { prepareDatabase } from './prepare-database.js';
import { RecordWriter } from './record-writer.js';
import { RepeatRecords } from './repeat-records.js';
import { retentionQueries } from './retention-queries.js';
import { reuseRecords } from './reuse-records.js';
import { runWrites } from './run-writes.js';

/** Takes in the runs that were noted beside the database. */
function takeIn(repeats: RepeatRecords, writer: RecordWriter): void {
  if (!repeats.areWaiting) return;
  try {
    // Every transaction does, first of all.
    writer.transaction(() => undefined);
  } catch (error) {
    // Who may only read can still look back at what is in the database.
    if (!(error instanceof StoreError && ['read-only', 'no-permission'].includes(error.code))) throw error;
  }
}

/**
 * Opens the metadata store, making an empty one when the file is not there.
 *
 * @throws StoreError when the file is of another format, damaged or cannot be written
 */
export function openMetadataStore(path: string): MetadataStore {
  const database = new Database(path);
  prepareDatabase(database);
  const writer = new RecordWriter(database);
  const repeats = new RepeatRecords(database, writer);
  database.accompany(repeats);
  const takeInNoted = (): void => {
    takeIn(repeats, writer);
  };
  takeInNoted();
  const { run, runs, countRuns, ...history } = historyQueries(database);
  return {
    transaction: (work) => writer.transaction(work),
    ...runWrites(database, writer, repeats),
    ...reuseRecords(database, writer),
    ...retentionQueries(database),
    ...history,
    // Who keeps the file open is told of runs that were noted since.
    run: (runId) => {
      takeInNoted();
      return run(runId);
    },
    runs: (query) => {
      takeInNoted();
      return runs(query);
    },
    countRuns: (query) => {
      takeInNoted();
      return countRuns(query);
    },
    close: () => {
      database.close();
    },
  };
}
