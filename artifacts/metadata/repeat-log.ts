/**
 * Runs that repeat an earlier one, noted in a file beside the database until somebody writes into that: to open it takes
 * longer than all else that a repeated run does.
 *
 * A log stands on one state of the database, in which certain runs may be repeated. Who writes into the database closes
 * the log first, within the transaction: moves it aside, records what was noted in it, and removes it once that is
 * committed. So who has added a note and finds the log in its place afterwards knows that its number is its own. A log
 * that was closed by a process which died is taken up by the next transaction; what it has recorded already is known by
 * its time and its process.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { sha256Hex } from '../digest.js';
import { diskAtOnce, openShared, type SharedFile } from '../disk.js';
import { databaseState } from './database-state.js';
import type { NewRun, NumberedRepeat, Repeat } from './metadata-store.js';

/** What a log stands on. */
export interface RepeatLogBasis {
  /** Of the database; see database-state.ts. */
  readonly state: string;
  /** The highest number that a run has there. The runs of the log have the next ones, in their order. */
  readonly lastRun: number;
  readonly standingBytes: number;
  /** Runs that may be repeated: how many executions each has. */
  readonly repeatable: Readonly<Record<string, number>>;
}

/** A run of the log. */
export interface NotedRun extends Repeat {
  readonly run: NewRun;
}

/** What stands in a log. */
export interface RepeatLog {
  readonly basis: RepeatLogBasis;
  readonly runs: readonly NotedRun[];
}

/** Of a log that is to be taken in before it grows further. */
const FULL_BYTES = 64 * 1024;

/** Of a SHA-256 in hexadecimal digits. */
const DIGEST_LENGTH = 64;

/** Where the log of a database is. */
export function repeatLogPath(database: string): string {
  return `${database}-repeats`;
}

function closedPrefix(database: string): string {
  return `${repeatLogPath(database)}-closed-`;
}

/** A place for it once it is closed, which no other log has: who took one in may still be about to remove that. */
export function closedRepeatLogPath(database: string): string {
  return `${closedPrefix(database)}${randomUUID()}`;
}

/** Logs that are closed: being taken in, or left by a process that died. */
export function closedRepeatLogs(database: string): readonly string[] {
  const folder = dirname(database);
  const prefix = basename(closedPrefix(database));
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(folder, name));
}

/** One line, which proves that it is whole. */
function line(value: object): string {
  const json = canonicalJson(value);
  return `${sha256Hex(json)} ${json}`;
}

function parsed(text: string): unknown {
  const json = text.slice(DIGEST_LENGTH + 1);
  return sha256Hex(json) === text.slice(0, DIGEST_LENGTH) ? JSON.parse(json) : undefined;
}

/** Reads a log; what was torn in it was never told anybody. Undefined when it is none. */
export function readRepeatLog(text: string): RepeatLog | undefined {
  const [first = '', ...rest] = text.split('\n');
  const basis = parsed(first) as RepeatLogBasis | undefined;
  const runs = rest.flatMap((each) => (parsed(each) as NotedRun | undefined) ?? []);
  return basis === undefined ? undefined : { basis, runs };
}

/** Begins a log; within a transaction that writes nothing, and only where there is none. */
export function beginRepeatLog(database: string, basis: RepeatLogBasis): void {
  const path = repeatLogPath(database);
  const temporary = `${path}-new`;
  // Left by one that died; only one process at a time is in a transaction.
  diskAtOnce.removeFile(temporary);
  diskAtOnce.writeNew(temporary, line(basis));
  diskAtOnce.rename(temporary, path);
}

function noteIn(file: SharedFile, database: string, noted: NotedRun): NumberedRepeat | undefined {
  if (file.size() > FULL_BYTES) return undefined;
  const log = readRepeatLog(file.read());
  if (log?.basis.repeatable[String(noted.of)] !== noted.nodes || log.basis.state !== databaseState(database))
    return undefined;
  const note = line(noted);
  // The line break comes first: one that was torn then spoils no other.
  file.append(`\n${note}`);
  if (!file.isInPlace()) return undefined;
  const text = file.read();
  const through = readRepeatLog(text.slice(0, text.indexOf(note) + note.length));
  const { lastRun, standingBytes } = log.basis;
  return through === undefined ? undefined : { run: lastRun + through.runs.length, standingBytes };
}

/**
 * Notes a run, if that can be done without opening the database.
 *
 * @returns undefined when it cannot; it may be noted all the same, if another process was about to close the log
 * @throws the system's error for what cannot be read or written
 */
export function noteRepeat(database: string, noted: NotedRun): NumberedRepeat | undefined {
  const file = openShared(repeatLogPath(database));
  try {
    return file === undefined ? undefined : noteIn(file, database, noted);
  } finally {
    file?.close();
  }
}
