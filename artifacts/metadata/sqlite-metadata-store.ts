/**
 * The metadata store in one SQLite file. Each fact is written twice: as ML Metadata has it, for its own tools, and in
 * our tables, where it can be asked for in one query. Both in one transaction.
 */
import { Database } from './database.js';
import { historyQueries } from './history-queries.js';
import type { MetadataStore } from './metadata-store.js';
import { prepareDatabase } from './prepare-database.js';
import { RecordWriter } from './record-writer.js';
import { RepeatRecords } from './repeat-records.js';
import { retentionQueries } from './retention-queries.js';
import { reuseRecords } from './reuse-records.js';
import { runWrites } from './run-writes.js';

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
  repeats.takeIn();
  const { run, runs, countRuns, ...history } = historyQueries(database);
  /** Who keeps the file open is told of runs that were noted since. */
  const upToDate =
    <Asked extends readonly unknown[], Answer>(query: (...asked: Asked) => Answer) =>
    (...asked: Asked): Answer => {
      repeats.takeIn();
      return query(...asked);
    };
  return {
    transaction: (work) => writer.transaction(work),
    ...runWrites(database, writer),
    ...reuseRecords(database, writer),
    ...retentionQueries(database),
    ...history,
    run: upToDate(run),
    runs: upToDate(runs),
    countRuns: upToDate(countRuns),
    recordRepeat: (newRun, repeat) => repeats.record(newRun, repeat),
    waitingRepeats: () => repeats.waiting(),
    close: () => {
      database.close();
    },
  };
}
