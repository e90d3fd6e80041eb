/**
 * Runs that repeat an earlier one, in the database: recorded at once, or taken in from the log beside it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { canonicalJson } from '../canonical-json.js';
import { diskAtOnce } from '../disk.js';
import { StoreError } from '../store/store-error.js';
import { systemErrorCode } from '../system-error.js';
import type { Database } from './database.js';
import { databaseState } from './database-state.js';
import type { NewRun, NumberedRepeat, Repeat } from './metadata-store.js';
import type { RecordWriter } from './record-writer.js';
import {
  beginRepeatLog,
  closedRepeatLogPath,
  closedRepeatLogs,
  readRepeatLog,
  repeatLogPath,
  type NotedRun,
  type RepeatLog,
} from './repeat-log.js';
import { standingBytes } from './reuse-records.js';
import { EXECUTIONS_OF_RUN, number } from './rows.js';
import { NO_FINGERPRINT } from './schema.js';

/**
 * Executions of a run that the next one would find again: those that were skipped, and those whose outputs are, of all
 * that have their fingerprint, the newest that may be used.
 */
const STANDING = `SELECT count(*) AS executions, coalesce(sum(p.fingerprint = ? OR
  (SELECT max(o.execution_id) FROM pipeline_execution o WHERE o.fingerprint = p.fingerprint AND o.reusable = 1) = coalesce(p.cached_from, p.execution_id)), 0) AS standing
  FROM pipeline_execution p WHERE p.execution_id IN (${EXECUTIONS_OF_RUN})`;

/** What keeps a file from being written, for now or for good. */
const UNWRITABLE = ['read-only', 'no-permission', 'database-busy'];

/** Milliseconds that who only looks back waits for those who write. */
const READERS_WAIT_MS = 1000;

/** Runs of other pipelines that a log goes on with. */
const REPEATABLE_OTHERS = 8;

/** What stands in a log; undefined when it has gone: whoever took it in has removed it, now that it is on record. */
function readLog(path: string): RepeatLog | undefined {
  try {
    return readRepeatLog(readFileSync(path, 'utf8'));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The repeats of a file. */
export class RepeatRecords {
  readonly #database: Database;
  readonly #writer: RecordWriter;
  readonly #log: string;
  /** Runs that could be repeated by the logs that were taken in. */
  #known: Readonly<Record<string, number>> = {};
  /** Logs that this transaction has taken in. */
  #taken: readonly string[] = [];

  constructor(database: Database, writer: RecordWriter) {
    this.#database = database;
    this.#writer = writer;
    this.#log = repeatLogPath(database.path);
  }

  /** Takes in what was noted since, where the file can be written. */
  takeIn(): void {
    if (this.#logs().length === 0) return;
    try {
      // Every transaction does, first of all.
      this.#database.waitingAtMost(READERS_WAIT_MS, () => {
        this.#writer.transaction(() => undefined);
      });
    } catch (error) {
      // Who may not write now can still look back at what is in the file; see waiting.
      if (!(error instanceof StoreError && UNWRITABLE.includes(error.code))) throw error;
    }
  }

  /** How many runs were noted and are not in the file yet. */
  waiting(): number {
    const runs = this.#logs().flatMap((path) => readLog(path)?.runs ?? []);
    return runs.filter((noted) => this.#recorded(noted) === undefined).length;
  }

  /** The logs that there are. */
  #logs(): readonly string[] {
    const { path } = this.#database;
    return [...closedRepeatLogs(path), ...(existsSync(this.#log) ? [this.#log] : [])];
  }

  /** Closes the log, and takes in what was noted there; first in every transaction. */
  begun(): void {
    try {
      // Closed by a process that died before its transaction was committed, or just after.
      this.#taken = closedRepeatLogs(this.#database.path);
      if (existsSync(this.#log)) {
        const closed = closedRepeatLogPath(this.#database.path);
        diskAtOnce.rename(this.#log, closed);
        this.#taken = [...this.#taken, closed];
      }
      for (const path of this.#taken) this.#take(path);
    } catch (error) {
      throw StoreError.from(error, `taking in ${this.#log}`);
    }
  }

  /** Removes the logs that were taken in. */
  committed(): void {
    for (const path of this.#taken) {
      try {
        diskAtOnce.removeFile(path);
      } catch (error) {
        // The next transaction finds all of it on record, and tries again.
        if (systemErrorCode(error) === undefined) throw error;
      }
    }
  }

  #take(path: string): void {
    const log = readLog(path);
    if (log === undefined) return;
    const { basis, runs } = log;
    for (const [index, noted] of runs.entries()) this.#insert(noted, basis.lastRun + index + 1);
    this.#known = { ...this.#known, ...basis.repeatable };
  }

  /** The number of a run that is on record already. */
  #recorded({ run, of }: Pick<NotedRun, 'run' | 'of'>): number | undefined {
    const known = this.#database.get(
      'SELECT id FROM pipeline_run WHERE id > ? AND started_at = ? AND owner = ?',
      of,
      run.startedAt,
      canonicalJson(run.owner),
    );
    return known === undefined ? undefined : number(known, 'id');
  }

  /** Records a run, unless it is on record already. @param wanted - its number, if no other run has it */
  #insert({ run, of, endedAt }: Omit<NotedRun, 'nodes'>, wanted?: number): number | undefined {
    if (this.#database.get('SELECT id FROM pipeline_run WHERE id = ?', of) === undefined) return undefined;
    const known = this.#recorded({ run, of });
    if (known !== undefined) return known;
    const isFree =
      wanted !== undefined && this.#database.get('SELECT id FROM pipeline_run WHERE id = ?', wanted) === undefined;
    const inserted = this.#writer.insertRun(run, 'COMPLETE', endedAt, isFree ? wanted : null);
    this.#writer.joinRun(inserted, EXECUTIONS_OF_RUN, of);
    return inserted.id;
  }

  #executions(of: number): number | undefined {
    const found = this.#database.get(STANDING, NO_FINGERPRINT, of) ?? {};
    const executions = number(found, 'executions');
    return number(found, 'standing') === executions ? executions : undefined;
  }

  #isAlone(): boolean {
    return this.#database.get("SELECT id FROM pipeline_run WHERE state = 'RUNNING' LIMIT 1") === undefined;
  }

  /** See {@link MetadataStore.recordRepeat}. */
  record(run: NewRun, { of, nodes, endedAt }: Repeat): NumberedRepeat | undefined {
    const recorded = this.#writer.transaction(() =>
      this.#isAlone() && this.#executions(of) === nodes ? this.#insert({ run, of, endedAt }) : undefined,
    );
    return recorded === undefined ? undefined : { run: recorded, standingBytes: this.#beginLog(of) };
  }

  /** Lets the next ones be noted. @returns bytes of all that stands in the store */
  #beginLog(of: number): number {
    const others = Object.keys(this.#known).map(Number);
    const candidates = [...others.filter((run) => run !== of).slice(-REPEATABLE_OTHERS), of];
    return this.#writer.transaction(() => {
      const bytes = standingBytes(this.#database);
      const repeatable = candidates.flatMap((run) => {
        const executions = this.#executions(run);
        return executions === undefined ? [] : [[String(run), executions] as const];
      });
      // Nothing is written here, and nobody else may write: it stays like this until the log is closed.
      const { path } = this.#database;
      const state = databaseState(path);
      if (state === undefined || !this.#isAlone()) return bytes;
      const lastRun = this.#database.newId('pipeline_run') - 1;
      const basis = { state, lastRun, standingBytes: bytes, repeatable: Object.fromEntries(repeatable) };
      try {
        beginRepeatLog(path, basis);
      } catch (error) {
        // On a full disk: the next one opens the database, too.
        if (systemErrorCode(error) === undefined) throw error;
      }
      return bytes;
    });
  }
}
