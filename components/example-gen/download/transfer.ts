/**
 * One connection that brings a file, or the rest of it. What the server says is checked before a byte is taken; whether
 * the bytes are the right ones, the caller finds out.
 */
import { open, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { errorMessage, systemErrorCode } from '../../../artifacts/system-error.js';
import { StepError } from '../../executor.js';
import { writeError } from '../../formats/byte-stream.js';
import { BadRedirect, requestFollowing } from './redirects.js';

/** How patient a transfer is. */
export interface TransferPatience {
  /** Ends a connection that brings less than `leastBytes` in so many milliseconds. */
  readonly stallMs: number;
  readonly leastBytes: number;
}

/**
 * A transfer that did not succeed.
 * - `unreachable`: there is no connection to the server
 * - `refused`: the server has something else, or nothing
 * - `broken`: the connection ended early; what came is kept, and another one may bring the rest
 */
export class TransferError extends Error {
  override readonly name = 'TransferError';
  constructor(
    readonly kind: 'unreachable' | 'refused' | 'broken',
    message: string,
  ) {
    super(message);
  }
}

const refused = (message: string): TransferError => new TransferError('refused', message);
const broken = (message: string): TransferError => new TransferError('broken', message);

const UNREACHABLE = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN']);

const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

/** What a failed request says. Anything unknown, such as a bad certificate, stays as it is. */
function requestError(error: unknown): TransferError {
  const code = systemErrorCode(error) ?? '';
  const isConnecting = typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'connect';
  const kind = isConnecting || UNREACHABLE.has(code) ? 'unreachable' : BROKEN.has(code) ? 'broken' : 'refused';
  return new TransferError(kind, errorMessage(error) || code);
}

/** Size of what is there already. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/**
 * Where the bytes of a response belong in the file.
 *
 * @param offset - what the request asked to start from
 * @throws TransferError when the response is not the file
 */
function startOf({ statusCode: status = 0, headers }: IncomingMessage, offset: number, total: number): number {
  if (status === 408 || status === 429 || status >= 500) throw broken(`the server answers ${String(status)}`);
  if (status !== 200 && status !== 206) throw refused(`the server answers ${String(status)}`);
  const type = headers['content-type'] ?? '';
  if (/^(text\/|application\/xhtml)/iu.test(type)) {
    throw refused(`the server sends a page (${type}) instead of the file`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw refused(`the server sends the file in another encoding, ${encoding}`);
  let start = 0;
  if (status === 206) {
    const range = headers['content-range'] ?? '';
    const [, first, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/u.exec(range) ?? [];
    if (Number(first) !== offset || (size !== '*' && Number(size) !== total)) {
      throw refused(`the server sends another range than was asked for: ${range === '' ? 'none' : range}`);
    }
    start = offset;
  }
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== total - start) {
    throw refused(`the server has ${length} bytes, not ${String(total - start)}`);
  }
  return start;
}

/** Writes the bytes of a response into the file. */
async function receive(
  body: AsyncIterable<Uint8Array>,
  file: string,
  start: number,
  total: number,
  onBytes: (received: number) => void,
): Promise<void> {
  const handle = await open(file, start > 0 ? 'r+' : 'w').catch((error: unknown) => {
    throw writeError(error, file);
  });
  let position = start;
  try {
    for await (const chunk of body) {
      if (position + chunk.length > total) throw refused(`the server sends more than ${String(total)} bytes`);
      try {
        await handle.write(chunk, 0, chunk.length, position);
      } catch (error) {
        throw writeError(error, file);
      }
      position += chunk.length;
      onBytes(position);
    }
  } finally {
    await handle.close();
  }
  if (position < total) throw broken(`the connection ended after ${String(position)} of ${String(total)} bytes`);
}

/**
 * Brings a file to its full length, from where it stands.
 *
 * @param file - what is there already is kept, unless the server refuses to go on from there
 * @param total - bytes that the whole file has
 * @param onBytes - called with the length of the file whenever it has grown
 * @throws TransferError when it did not come to that
 */
export async function transfer(
  url: string,
  file: string,
  total: number,
  patience: TransferPatience,
  signal: AbortSignal,
  onBytes: (length: number) => void,
): Promise<void> {
  signal.throwIfAborted();
  const offset = await sizeOf(file);
  if (offset === total) return;
  const stall = new AbortController();
  let length = 0;
  let before = 0;
  const watch = setInterval(() => {
    if (length - before < patience.leastBytes) stall.abort();
    before = length;
  }, patience.stallMs);
  try {
    const response = await requestFollowing({
      url: new URL(url),
      // A server must not pack what is packed; some answer nobody who gives no name.
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'tfjs-pipelines',
        ...(offset > 0 ? { range: `bytes=${String(offset)}-` } : {}),
      },
      signal: AbortSignal.any([signal, stall.signal]),
    });
    try {
      if (response.statusCode === 416) {
        await rm(file, { force: true });
        throw broken('the server cannot go on from where the download stopped');
      }
      const start = startOf(response, offset, total);
      before = length = start;
      await receive(response, file, start, total, (received) => {
        length = received;
        onBytes(received);
      });
    } finally {
      // Ends the connection too: whatever else would come is not wanted.
      response.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (stall.signal.aborted)
      throw broken(`the server stalls: too little came in ${String(patience.stallMs / 1000)} s`);
    if (error instanceof TransferError || error instanceof StepError) throw error;
    if (error instanceof BadRedirect) throw refused(error.message);
    throw requestError(error);
  } finally {
    clearInterval(watch);
  }
}
