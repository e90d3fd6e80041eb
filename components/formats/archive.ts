/**
 * Unpacks tar archives from anywhere: plain files inside the target and nothing else. Links, devices, names that lead
 * out, names that collide, and archives beyond the limits are refused as a whole. The `tar` package reads the format;
 * it never touches the disk here.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Parser, type ReadEntry } from 'tar';
import { PortablePaths } from '../../artifacts/portable-path.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';
import { looksGzipped, readChunks, writeError } from './byte-stream.js';

/** What an archive may hold at most. */
export interface ArchiveLimits {
  readonly files: number;
  /** Of the unpacked archive, headers included. */
  readonly bytes: number;
}

const PLAIN_FILES = ['File', 'OldFile', 'ContiguousFile'];

/** Bytes that describe one member may have: its name and its attributes. */
const MAX_META_BYTES = 1 << 16;

/** A name as messages show it. */
const shown = (path: string): string => JSON.stringify(path.length > 80 ? `${path.slice(0, 77)}…` : path);

/** A member's path without the parts that mean nothing, such as those of `./folder/`. */
function plainPath(path: string): string {
  if (path.startsWith('/')) return path;
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/**
 * Unpacks a tar archive, plain or gzipped.
 *
 * @param target - an empty folder; when this fails, what was unpacked so far stays in it
 * @param signal - stops the work
 * @returns the unpacked files by their paths below the target, in the order of the archive
 * @throws StepError `archive-unsafe` for members that are refused, `archive-too-large` beyond the limits,
 *   `archive-invalid` when it is no tar archive, damaged or cut short
 */
export async function unpackArchive(
  archive: string,
  target: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const invalid = (what: string): StepError =>
    new StepError('archive-invalid', `${archive} is no intact tar archive: ${what}`, 'get it again');
  const tooLarge = (what: string): StepError =>
    new StepError('archive-too-large', `${archive} holds more than ${what}`, 'check that it is the right archive');
  const unsafe = (path: string, what: string): StepError =>
    new StepError('archive-unsafe', `${archive}: the member ${shown(path)} is refused: ${what}`, 'get another archive');

  const names = new PortablePaths();
  const files: string[] = [];
  let written = 0;
  /** Whether the end mark was seen, and what closes the file that is being written. */
  const state = { ended: false, close: (): void => undefined };

  const onEntry = (entry: ReadEntry): void => {
    const isFolder = entry.type === 'Directory';
    const path = plainPath(entry.path);
    // The folder that was packed may stand there itself, as ./
    const fault = isFolder && path === '' ? undefined : names.add(path, isFolder ? 'folder' : 'file');
    if (fault !== undefined) throw unsafe(entry.path, fault);
    if (isFolder) {
      entry.resume();
      return;
    }
    if (!PLAIN_FILES.includes(entry.type)) throw unsafe(entry.path, `it is of type ${entry.type}, not a plain file`);
    if (files.length === limits.files) throw tooLarge(`${String(limits.files)} files`);
    // The header of a size that cannot be has none.
    const size = entry.header.size === undefined ? NaN : entry.size;
    if (!Number.isSafeInteger(size) || size < 0) throw unsafe(entry.path, 'it has no valid size');
    if (written + size > limits.bytes) throw tooLarge(`${String(limits.bytes)} bytes`);
    written += size;
    files.push(path);
    state.close = writeFile(entry, join(target, path));
  };

  const parser = new Parser({ strict: true, zstd: false, brotli: false, maxMetaEntrySize: MAX_META_BYTES });
  parser.on('entry', onEntry);
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    throw unsafe(entry.path, `it is of an unknown type, or described by more than ${String(MAX_META_BYTES)} bytes`);
  });
  parser.on('eof', () => {
    state.ended = true;
  });

  let read = 0;
  // Everything inside the parser happens at once, within write(): what a handler throws comes out here.
  const feed = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (error instanceof StepError) throw error;
      const forUser = writeError(error, target);
      throw forUser instanceof StepError ? forUser : invalid(errorMessage(error));
    }
  };
  try {
    for await (const chunk of readChunks(archive)) {
      signal.throwIfAborted();
      if (read === 0 && looksGzipped(chunk)) throw invalid('it is gzipped twice');
      read += chunk.length;
      if (read > limits.bytes) throw tooLarge(`${String(limits.bytes)} bytes`);
      // What follows the end mark is read, for the checksum of gzip, and means nothing.
      if (!state.ended) {
        feed(() => {
          parser.write(chunk);
        });
      }
    }
    feed(() => {
      parser.end();
    });
  } finally {
    state.close();
  }
  if (!state.ended) throw invalid('it is cut short: the end mark is missing');
  return files;
}

/** Writes a member to a new file as its bytes come. @returns what closes the file, should the bytes end early */
function writeFile(entry: ReadEntry, file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, 'wx', 0o644);
  let open = true;
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  entry.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  });
  entry.on('end', close);
  return close;
}
