/**
 * Gets a file from the first mirror that has it whole, and keeps it under its checksum. A broken download goes on where
 * it stopped, also in a later run. Nothing is believed but the checksum.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hashFile } from '../../../artifacts/digest.js';
import { realDisk } from '../../../artifacts/disk.js';
import { acquireLock } from '../../../artifacts/store/lock.js';
import { StepError } from '../../executor.js';
import { writeError } from '../../formats/byte-stream.js';
import type { SourceContext } from '../sources/source.js';
import { TransferError, transfer, type TransferPatience } from './transfer.js';

/** A file that is to be had. */
export interface Wanted {
  readonly urls: readonly string[];
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** How patient a download is. */
export interface Patience extends TransferPatience {
  /** Connections in a row to one mirror that may bring less than `leastBytes`. */
  readonly attempts: number;
  /** Milliseconds before such a connection is tried again; longer every time. */
  readonly pauseMs: number;
}

const PATIENCE: Patience = { stallMs: 30_000, leastBytes: 16_384, attempts: 3, pauseMs: 1000 };

/** Milliseconds between looks at a lock that another process holds. */
const LOCK_PAUSE_MS = 500;

/** Milliseconds between two reports of progress. */
const REPORT_MS = 200;

type DownloadContext = Pick<SourceContext, 'cacheDir' | 'signal' | 'log' | 'progress'>;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Waits; an abort ends it with its own reason. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => {
    signal.throwIfAborted();
  });
}

async function isWhole(file: string, wanted: Wanted): Promise<boolean> {
  const info = await stat(file).catch(() => undefined);
  return info?.size === wanted.bytes && (await hashFile(file)).sha256 === wanted.sha256;
}

async function lengthOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** Reports the progress of a connection, with the rate since it began. */
function progressReporter(wanted: Wanted, context: DownloadContext): (length: number) => void {
  const began = performance.now();
  let first: number | undefined;
  let reported = 0;
  return (length) => {
    first ??= length;
    const now = performance.now();
    if (now - reported < REPORT_MS && length < wanted.bytes) return;
    reported = now;
    const seconds = (now - began) / 1000;
    const rate = seconds > 0 ? (length - first) / seconds : 0;
    context.progress({
      message: `downloading ${megabytes(length)} of ${megabytes(wanted.bytes)}`,
      fraction: length / wanted.bytes,
      rate: { value: rate / 1e6, unit: 'MB' },
      ...(rate > 0 ? { etaSeconds: (wanted.bytes - length) / rate } : {}),
    });
  };
}

/** Tries one mirror until it has brought the whole file, or brings no more. @returns why it did not succeed */
async function fromMirror(
  url: string,
  part: string,
  wanted: Wanted,
  patience: Patience,
  context: DownloadContext,
): Promise<TransferError | undefined> {
  let wasResumed = (await lengthOf(part)) > 0;
  for (let vain = 0; ;) {
    const before = await lengthOf(part);
    try {
      await transfer(url, part, wanted.bytes, patience, context.signal, progressReporter(wanted, context));
      const { sha256 } = await hashFile(part);
      if (sha256 === wanted.sha256) return undefined;
      await rm(part, { force: true });
      if (!wasResumed) return new TransferError('refused', `the checksum is wrong: ${sha256}`);
      // The beginning came from elsewhere, or earlier; this mirror may have it right from the start.
      context.log.warn(`${url}: the resumed download has a wrong checksum; it starts over`);
      wasResumed = false;
      continue;
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      if (error.kind !== 'broken') return error;
      // A server that sends a byte now and then would be listened to for years.
      vain = (await lengthOf(part)) - before >= patience.leastBytes ? 0 : vain + 1;
      if (vain >= patience.attempts) return error;
      context.log.info(`${url}: ${error.message}; trying to go on`);
      await pause(patience.pauseMs * Math.max(1, vain), context.signal);
    }
  }
}

async function fetchWhole(part: string, wanted: Wanted, patience: Patience, context: DownloadContext): Promise<void> {
  if ((await lengthOf(part)) > wanted.bytes) await rm(part, { force: true });
  const failures: TransferError[] = [];
  for (const url of wanted.urls) {
    context.log.info(`downloading ${url} (${megabytes(wanted.bytes)})`);
    const failure = await fromMirror(url, part, wanted, patience, context);
    if (failure === undefined) return;
    context.log.warn(`${url}: ${failure.message}`);
    failures.push(failure);
  }
  const [first = ''] = wanted.urls;
  const reasons = wanted.urls.map((url, index) => `${url}: ${failures[index]?.message ?? ''}`);
  const isOffline = failures.every(({ kind }) => kind === 'unreachable');
  throw new StepError(
    isOffline ? 'download-offline' : 'download-failed',
    `the data cannot be downloaded${isOffline ? ': no server can be reached' : ''} (${reasons.join('; ')})`,
    `get ${first} by other means, and name the archive or its unpacked folder with --set source=FILE_OR_DIR`,
  );
}

/**
 * Gets a file: from the cache, or else from the mirrors.
 *
 * @returns its path in the cache
 * @throws StepError `download-offline` when no mirror can be reached, `download-failed` when none has the file
 */
export async function download(
  wanted: Wanted,
  context: DownloadContext,
  patience: Patience = PATIENCE,
): Promise<string> {
  const folder = join(context.cacheDir, 'downloads');
  const file = join(folder, wanted.sha256);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeError(error, folder);
  });
  if (await isWhole(file, wanted)) return file;
  let lock = await acquireLock(`${file}.lock`);
  while (!lock.taken) {
    context.progress({ message: 'another process is downloading' });
    await pause(LOCK_PAUSE_MS, context.signal);
    lock = await acquireLock(`${file}.lock`);
  }
  try {
    if (await isWhole(file, wanted)) return file;
    const part = `${file}.part`;
    await fetchWhole(part, wanted, patience, context);
    await realDisk.sync(part);
    await realDisk.rename(part, file);
    await realDisk.sync(folder);
    return file;
  } finally {
    await lock.release();
  }
}
