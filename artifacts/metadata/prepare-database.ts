/**
 * Makes the tables of an empty file, and refuses a file that is not ours.
 */
import { StoreError } from '../store/store-error.js';
import type { Database } from './database.js';
import { number } from './rows.js';
import { createStatements, METADATA_FORMAT, ML_METADATA_SCHEMA, TABLES } from './schema.js';

function isEmpty(database: Database): boolean {
  const known = database.get("SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table'");
  return known !== undefined && number(known, 'tables') === 0;
}

/**
 * Prepares an open file.
 *
 * @throws StoreError when it is of another format or damaged
 */
export function prepareDatabase(database: Database): void {
  // Who only reads must not need to write; another process may make the tables at the same time.
  if (isEmpty(database)) {
    database.transaction(() => {
      if (isEmpty(database)) database.execute(createStatements());
    });
  }
  const versions = database.get(
    "SELECT (SELECT count(*) FROM sqlite_master WHERE name IN ('MLMDEnv', 'pipeline_format')) AS tables",
  );
  if (versions === undefined || number(versions, 'tables') !== 2) {
    throw new StoreError(
      'foreign-format',
      `${database.path} is a database of another program`,
      'choose another folder with --root',
    );
  }
  const there = new Set(database.all("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => row['name']));
  const missing = TABLES.find((name) => !there.has(name));
  if (missing !== undefined) {
    throw new StoreError(
      'damaged-metadata',
      `${database.path} has lost its table ${missing}`,
      'restore it from a backup, or move it away to begin anew',
    );
  }
  const schema = database.get('SELECT schema_version AS version FROM MLMDEnv')?.['version'];
  const format = database.get('SELECT version FROM pipeline_format')?.['version'];
  if (schema !== ML_METADATA_SCHEMA || format !== METADATA_FORMAT) {
    throw new StoreError(
      'foreign-format',
      `${database.path} has metadata format ${String(format)} on schema ${String(schema)}; this release reads ${String(METADATA_FORMAT)} on ${String(ML_METADATA_SCHEMA)}`,
      'use the release that wrote it, or choose another folder with --root',
    );
  }
}
