/**
 * A guarded door to SQLite. The driver takes wrong values in silence, or dies of them: a bound boolean ends the process,
 * NaN becomes NULL, a missing parameter too, and a number goes into the file as REAL. Here each of these is a defect.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { announce, type Change } from '../fault-injection.js';
import { errorMessage, systemErrorCode } from '../system-error.js';
import { StoreError } from '../store/store-error.js';

/** A value that can be bound. Whole numbers are bound as integers, others as doubles. */
export type SqlValue = string | number | null;

/** A row by column. */
export type Row = Readonly<Record<string, string | number | null>>;

interface DriverStatement {
  run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint };
  get(...values: unknown[]): Row | undefined;
  all(...values: unknown[]): Row[];
}

interface Driver {
  exec(sql: string): unknown;
  prepare(sql: string): DriverStatement;
  close(): void;
}

type DriverClass = new (path: string, options?: { readonly: boolean }) => Driver;

/** A column of doubles, where whole numbers must be bound as doubles too. */
export interface Double {
  readonly double: number;
}

/** What goes with every transaction. */
export interface Companion {
  /** First in it. */
  begun(): void;
  /** After it; must not throw for what the disk says. */
  committed(): void;
}

/** Milliseconds that others may hold the file before that is an error. */
const PATIENCE_MS = 10_000;

/** Rows of one table that are written by one statement. */
const ROWS_AT_ONCE = 50;

/** Rows that wait to be inserted, in one form. */
interface PendingRows {
  readonly columns: string;
  readonly width: number;
  readonly conflict: string;
  readonly rows: (SqlValue | Double)[][];
}

function bindable(value: SqlValue | Double): string | number | bigint | null {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new TypeError('a text with NUL cannot be stored');
    return value;
  }
  if (value === null) return null;
  const number = typeof value === 'number' ? value : value.double;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw new TypeError(`${String(number)} cannot be stored`);
  }
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : number;
}

function storeError(error: unknown, path: string): unknown {
  const code = systemErrorCode(error);
  if (code?.startsWith('SQLITE') !== true) return StoreError.from(error, `opening ${path}`);
  if (code.startsWith('SQLITE_BUSY')) {
    return new StoreError('database-busy', `${path} is locked by another program`, 'wait until it has finished');
  }
  if (code.startsWith('SQLITE_FULL')) return new StoreError('disk-full', `${path}: no space is left on the disk`);
  if (code.startsWith('SQLITE_READONLY')) return new StoreError('read-only', `${path} cannot be written`);
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return new StoreError(
      'damaged-metadata',
      `${path} is damaged or no SQLite file`,
      'restore it from a backup, or move it away to begin anew',
    );
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN')) {
    return new StoreError('io', `${path}: ${errorMessage(error)}`, 'check the disk, and the rights of the folder');
  }
  return error;
}

/** Whether this Linux may be one of those whose C library is musl. */
function mayBeMusl(): boolean {
  try {
    return readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
  } catch {
    return true;
  }
}

/**
 * Loads the driver. On Linux it asks for a report on the whole process, only to learn from its header which C library
 * there is, and so takes half as long again as it would. Where that is plain it is answered here.
 */
function loadDriver(): DriverClass {
  const load = (): DriverClass => createRequire(import.meta.url)('libsql') as DriverClass;
  const { report } = process;
  if (process.platform !== 'linux' || mayBeMusl()) return load();
  const getReport = report.getReport.bind(report);
  try {
    report.getReport = () => ({ header: { glibcVersionRuntime: '' } });
    return load();
  } catch {
    report.getReport = getReport;
    return load();
  } finally {
    report.getReport = getReport;
  }
}

function open(Driver: DriverClass, path: string): Driver {
  try {
    return new Driver(path);
  } catch (error) {
    // The driver says only by a text that there is a folder in the file's place, or none to make it in.
    const rights = 'check that it is a file, and the rights of its folder';
    throw new StoreError('io', `${path} cannot be opened: ${errorMessage(error)}`, rights);
  }
}

/** An open SQLite file. */
export class Database {
  readonly #driver: Driver;
  readonly #statements = new Map<string, { statement: DriverStatement; parameters: number }>();
  /** By table and form. */
  readonly #pending = new Map<string, PendingRows>();
  /** The last id given in this transaction, by table. */
  readonly #ids = new Map<string, number>();
  #depth = 0;
  #companion: Companion | undefined;

  /** @throws StoreError when the file cannot be opened */
  constructor(readonly path: string) {
    // Loaded here, not at the top: commands that need no metadata must not pay for it.
    const Driver = loadDriver();
    try {
      announce('open', path);
      this.#driver = open(Driver, path);
      // Readers never wait for a writer in WAL mode. NORMAL keeps every commit when a process dies; a power cut may take
      // the last ones, never a part of one: what was made has no record then, and is made again.
      this.#driver.exec(
        `PRAGMA busy_timeout = ${String(PATIENCE_MS)}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`,
      );
    } catch (error) {
      throw storeError(error, path);
    }
  }

  /** Lets something go with every transaction from now on. */
  accompany(companion: Companion): void {
    this.#companion = companion;
  }

  /** Does something that shall not wait long for others who hold the file. */
  waitingAtMost<T>(milliseconds: number, work: () => T): T {
    this.execute(`PRAGMA busy_timeout = ${String(milliseconds)}`);
    try {
      return work();
    } finally {
      this.execute(`PRAGMA busy_timeout = ${String(PATIENCE_MS)}`);
    }
  }

  /** Runs statements without parameters. */
  execute(sql: string): void {
    this.#insertPending();
    this.#guard(() => this.#driver.exec(sql));
  }

  /** Runs a statement; returns the id of an inserted row. */
  run(sql: string, ...values: readonly (SqlValue | Double)[]): number {
    this.#insertPending();
    return this.#guard(() => {
      if (this.#depth === 0) this.#announce('statement');
      return Number(this.#prepare(sql, values.length).run(...values.map(bindable)).lastInsertRowid);
    });
  }

  get(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    this.#insertPending();
    return this.#guard(() => this.#prepare(sql, values.length).get(...values.map(bindable)));
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    this.#insertPending();
    return this.#guard(() => this.#prepare(sql, values.length).all(...values.map(bindable)));
  }

  /**
   * Inserts a row together with others of its table, before anything else is asked for and at the latest at the end of the
   * transaction, which there must be: many rows in one statement take half the time.
   *
   * @param conflict - an `ON CONFLICT` clause
   */
  insert(table: string, row: Readonly<Record<string, SqlValue | Double>>, conflict = ''): void {
    if (this.#depth === 0) throw new Error(`a row of ${table} outside a transaction`);
    const names = Object.keys(row);
    const columns = `${table} (${names.join(', ')})`;
    const pending = this.#pending.get(columns) ?? { columns, width: names.length, conflict, rows: [] };
    this.#pending.set(columns, pending);
    pending.rows.push(Object.values(row));
    if (pending.rows.length >= ROWS_AT_ONCE) this.#insertRows(pending);
  }

  /** An id for a new row of a table that counts its own up; only within a transaction. */
  newId(table: string): number {
    const last =
      this.#ids.get(table) ??
      // Not by SQLite's own count alone: other programs may have lost it.
      this.#guard(() => {
        const count = 'SELECT seq FROM sqlite_sequence WHERE name = ?';
        const sql = `SELECT max(coalesce((${count}), 0), coalesce((SELECT max(id) FROM ${table}), 0)) AS id`;
        return this.#prepare(sql, 1).get(table)?.['id'];
      });
    const id = Number(last ?? 0) + 1;
    this.#ids.set(table, id);
    return id;
  }

  /**
   * All or nothing; a transaction inside another belongs to it.
   *
   * @param onRollback - told when nothing was kept, so that what is remembered of the rows can be forgotten
   */
  transaction<T>(work: () => T, onRollback: () => void = () => undefined): T {
    if (this.#depth > 0) return work();
    this.#announce('begin');
    this.execute('BEGIN IMMEDIATE');
    this.#depth = 1;
    let result: T;
    try {
      this.#companion?.begun();
      result = work();
      this.#insertPending();
      this.#announce('commit');
      this.execute('COMMIT');
    } catch (error) {
      this.#rollBack();
      onRollback();
      throw error;
    } finally {
      this.#pending.clear();
      this.#ids.clear();
      this.#depth = 0;
    }
    this.#companion?.committed();
    return result;
  }

  /**
   * Closes the file, and brings all that was committed into it, so that it can be copied alone. A process that ends at once
   * need not: the journal beside the file is as safe, and the next process takes it up.
   */
  close(): void {
    this.#statements.clear();
    try {
      // Not at any price: while another process reads, what is in the journal stays there, as safe as in the file.
      this.#driver.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // So it does on a disk that cannot be written.
    }
    this.#driver.close();
  }

  #insertPending(): void {
    for (const pending of this.#pending.values()) this.#insertRows(pending);
  }

  #insertRows({ columns, width, conflict, rows }: PendingRows): void {
    if (rows.length === 0) return;
    const row = `(${Array<string>(width).fill('?').join(', ')})`;
    const sql = `INSERT INTO ${columns} VALUES ${Array<string>(rows.length).fill(row).join(', ')} ${conflict}`;
    const values = rows.flat();
    rows.length = 0;
    this.#guard(() => this.#prepare(sql, values.length).run(...values.map(bindable)));
  }

  #announce(change: Change): void {
    this.#guard(() => {
      announce(change, this.path);
    });
  }

  #rollBack(): void {
    try {
      this.#driver.exec('ROLLBACK');
    } catch {
      // SQLite itself rolls back on a full disk and the like; the first error is the one to tell.
    }
  }

  #prepare(sql: string, given: number): DriverStatement {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      // No statement here holds a question mark in a literal.
      prepared = { statement: this.#driver.prepare(sql), parameters: sql.split('?').length - 1 };
      this.#statements.set(sql, prepared);
    }
    if (prepared.parameters !== given) {
      throw new TypeError(`${String(given)} values for ${String(prepared.parameters)} parameters: ${sql}`);
    }
    return prepared.statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }
}
