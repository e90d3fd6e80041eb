/**
 * The folder that holds everything a run produces, and the version of its format. Who opens a root knows that it is ours
 * and that this release can read it.
 */
import { systemErrorCode } from '../system-error.js';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../canonical-json.js';
import { realDisk, type Disk } from '../disk.js';
import { StoreError } from './store-error.js';
import { WITHOUT_WAITING } from './without-waiting.js';

/** Version of the layout below; a root of a newer one is refused. */
export const STORE_FORMAT = 1;

/** Places in a root. */
export interface StoreRoot {
  readonly path: string;
  /** `<digest>/` and `<digest>.manifest.json`. */
  readonly artifacts: string;
  /** Folders being written, named by their owner. */
  readonly staging: string;
  /** Artifacts that were found damaged. */
  readonly quarantine: string;
  /** What garbage collection took out, until it is brought back or removed for good. */
  readonly trash: string;
  readonly metadata: string;
  /** User code that steps were executed with, by its digest. */
  readonly code: string;
  /** What was ever kept there, and what of it was found to be lost; a line each. */
  readonly codeJournal: string;
  /** Step logs by run. */
  readonly logs: string;
  /** Folders that survive a crash of a step, by fingerprint. */
  readonly checkpoints: string;
  readonly locks: string;
  /** What the latest runs stood on, by what was asked for; see runner/execution/settled-run.ts. */
  readonly settled: string;
  /** Files that any step may use again, such as downloads. */
  readonly cache: string;
}

/** The places in a root, whether it exists or not. */
export function rootPlaces(path: string): StoreRoot {
  return {
    path,
    artifacts: join(path, 'artifacts'),
    staging: join(path, 'staging'),
    quarantine: join(path, 'quarantine'),
    trash: join(path, 'trash'),
    metadata: join(path, 'metadata.db'),
    code: join(path, 'code'),
    codeJournal: join(path, 'code.journal'),
    logs: join(path, 'logs'),
    checkpoints: join(path, 'checkpoints'),
    locks: join(path, 'locks'),
    settled: join(path, 'settled'),
    cache: join(path, 'cache'),
  };
}

/** Why a path can hold no store, by what the system says about it. */
const NO_FOLDER: Readonly<Record<string, string>> = {
  ENOTDIR: 'is no folder, or lies below a file',
  ELOOP: 'is a link that leads back to itself',
  ENAMETOOLONG: 'is too long for the name of a folder',
};

function readFormat(path: string): string | undefined {
  try {
    const file = openSync(join(path, 'format.json'), WITHOUT_WAITING.flag);
    try {
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    const why = NO_FOLDER[code ?? ''];
    if (why === undefined) throw error;
    throw new StoreError('foreign-folder', `${path} ${why}`, 'choose another folder with --root');
  }
}

function formatVersion(text: string): unknown {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format;
  } catch {
    return undefined;
  }
}

/**
 * Opens a root that exists.
 *
 * @returns undefined when there is none
 * @throws StoreError `foreign-format` for a newer format or a file that is not ours, `foreign-folder` for no folder
 */
export function findRoot(path: string): StoreRoot | undefined {
  try {
    const text = readFormat(path);
    if (text === undefined) return undefined;
    const version = formatVersion(text);
    if (version === STORE_FORMAT) return rootPlaces(path);
    throw new StoreError(
      'foreign-format',
      `${path} has store format ${JSON.stringify(version)}, this release reads format ${String(STORE_FORMAT)}`,
      typeof version === 'number' && version > STORE_FORMAT
        ? 'use the newer release that wrote it'
        : 'choose another folder with --root',
    );
  } catch (error) {
    throw StoreError.from(error, `opening the store ${path}`);
  }
}

async function makeRoot(path: string, disk: Disk): Promise<void> {
  await disk.makeFolder(path);
  const strangers = (await readdir(path)).filter((name) => !name.startsWith('format.json'));
  if (strangers.length > 0) {
    // Another process may just have made the store.
    if (findRoot(path) !== undefined) return;
    throw new StoreError(
      'foreign-folder',
      `${path} is not empty and is no store of this tool`,
      'choose another folder with --root',
    );
  }
  try {
    await disk.writeFile(join(path, 'format.json'), `${canonicalJson({ format: STORE_FORMAT })}\n`);
  } catch (error) {
    // Another process that makes the store at the same time may have been first, and have swept our file.
    if (findRoot(path) === undefined || systemErrorCode(error) !== 'ENOENT') throw error;
  }
  // Left by processes that died where this one did not.
  for (const name of await readdir(path)) {
    if (/^format\.json\..*\.tmp$/u.test(name)) await disk.removeFile(join(path, name));
  }
}

/**
 * Opens a root to write into it, making it when the folder is empty or not there.
 *
 * @throws StoreError `foreign-folder` when the folder holds other things
 */
export async function openRoot(path: string, disk: Disk = realDisk): Promise<StoreRoot> {
  const root = rootPlaces(path);
  const found = findRoot(path);
  try {
    if (found === undefined) await makeRoot(path, disk);
    for (const folder of [root.artifacts, root.cache]) await disk.makeFolder(folder);
  } catch (error) {
    throw StoreError.from(error, `making the store ${path}`);
  }
  return root;
}
