/**
 * What a store holds, as tests of recovery compare it: the bytes of its artifacts, and everything in it that should not be
 * there once a run has ended.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Driver {
  prepare(sql: string): { all(): Record<string, unknown>[] };
  close(): void;
}

/** Rows of the metadata file, read past the program's own code. */
export function rows(root: string, sql: string): readonly Record<string, unknown>[] {
  const Driver = createRequire(import.meta.url)('libsql') as new (path: string) => Driver;
  const driver = new Driver(join(root, 'metadata.db'));
  try {
    return driver.prepare(sql).all();
  } finally {
    driver.close();
  }
}

/** How many runs are noted beside the metadata; undefined: there is no log of them. */
export function notedRuns(root: string): number | undefined {
  const log = join(root, 'metadata.db-repeats');
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : undefined;
}

/** Content of all files below a folder, by relative path. */
export function filesBelow(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = readFileSync(path, 'latin1');
  }
  return files;
}

function names(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Columns that name a row of another table. */
const REFERENCES: readonly (readonly [table: string, column: string, to: string, key: string])[] = [
  ['Association', 'context_id', 'Context', 'id'],
  ['Association', 'execution_id', 'Execution', 'id'],
  ['Attribution', 'context_id', 'Context', 'id'],
  ['Attribution', 'artifact_id', 'Artifact', 'id'],
  ['ParentContext', 'context_id', 'Context', 'id'],
  ['ParentContext', 'parent_context_id', 'Context', 'id'],
  ['Context', 'type_id', 'Type', 'id'],
  ['Artifact', 'type_id', 'Type', 'id'],
  ['Execution', 'type_id', 'Type', 'id'],
  ['Event', 'artifact_id', 'Artifact', 'id'],
  ['Event', 'execution_id', 'Execution', 'id'],
  ['EventPath', 'event_id', 'Event', 'id'],
  ['pipeline_binding', 'artifact_id', 'pipeline_artifact', 'artifact_id'],
  ['pipeline_binding', 'execution_id', 'pipeline_execution', 'execution_id'],
  ['pipeline_execution', 'execution_id', 'Execution', 'id'],
  ['pipeline_execution', 'run_id', 'pipeline_run', 'id'],
  ['pipeline_execution', 'fingerprint', 'pipeline_fingerprint', 'digest'],
  ['pipeline_run', 'context_id', 'Context', 'id'],
];

const ROOT_NAMES = [
  'artifacts',
  'cache',
  'checkpoints',
  'code',
  'code.journal',
  'format.json',
  'locks',
  'logs',
  'settled',
  'staging',
];

/** All that is wrong with a store on which nothing runs, and in which nothing was damaged. */
export function faultsOf(root: string): readonly string[] {
  const faults: string[] = [];
  for (const folder of ['staging', 'locks', 'checkpoints', 'quarantine']) {
    for (const name of names(join(root, folder))) faults.push(`${folder}/${name} was left`);
  }
  for (const name of names(root)) {
    if (!ROOT_NAMES.includes(name) && !name.startsWith('metadata.db')) faults.push(`${name} was left`);
  }
  for (const name of names(join(root, 'code'))) {
    const text = readFileSync(join(root, 'code', name));
    if (name !== `${createHash('sha256').update(text).digest('hex')}.json`) faults.push(`code/${name} is torn`);
  }
  const query = (sql: string): readonly Record<string, unknown>[] => rows(root, sql);
  const [integrity] = query('PRAGMA integrity_check');
  if (integrity?.['integrity_check'] !== 'ok') faults.push(`integrity_check: ${JSON.stringify(integrity)}`);
  for (const row of query('SELECT id FROM Execution WHERE last_known_state = 2')) {
    faults.push(`execution ${String(row['id'])} is RUNNING`);
  }
  for (const row of query("SELECT id FROM pipeline_run WHERE state = 'RUNNING'")) {
    faults.push(`run ${String(row['id'])} is RUNNING`);
  }
  for (const [table, column, to, key] of REFERENCES) {
    // A skipped execution has no fingerprint.
    const lost = query(
      `SELECT ${column} AS it FROM ${table} WHERE ${column} <> '' AND ${column} NOT IN (SELECT ${key} FROM ${to})`,
    );
    if (lost.length > 0) faults.push(`${table}.${column} ${String(lost[0]?.['it'])} is no ${to}`);
  }
  return faults;
}
