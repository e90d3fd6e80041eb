/**
 * Brings a message to a collector within its time: again where the collector asks for that or cannot be reached, and no
 * more once it has taken or refused it.
 *
 * Source: the OTLP specification, "OTLP/HTTP Response" and "All Other Responses", "OTLP/HTTP Connection".
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { responseText } from '../../artifacts/response-text.js';
import { errorMessage, systemErrorCode } from '../../artifacts/system-error.js';
import { durationText } from '../config/duration.js';
import { retryPause } from '../execution/retry-pause.js';
import { timeLimit } from '../execution/time-limit.js';
import type { Destination } from './settings.js';

/** Answers after which it may be tried again. */
const RETRIED_STATUSES: readonly number[] = [429, 502, 503, 504];

/** What keeps a connection from coming about, or breaks it: it may be another time. */
const CONNECTION_ERRORS: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** Attempts at most, however short the pauses are that a collector asks for. */
const MOST_ATTEMPTS = 5;

/** Bytes of an answer that are read. */
const MOST_ANSWER = 1 << 16;

/** Longest first pause in milliseconds; each that follows may be twice as long. */
const FIRST_PAUSE_MS = 1000;

/** Time as the delivery sees it. */
export interface DeliveryClock {
  /** Milliseconds. */
  readonly now: () => number;
  /** Rejects when it is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const realTime: DeliveryClock = {
  now: () => performance.now(),
  pause: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** What a receiver says of what it did not take. */
interface Answer {
  readonly partialSuccess?: { readonly errorMessage?: string };
}

/** How one attempt went. */
interface Attempt {
  /** What went wrong; undefined when all was taken. */
  readonly problem: string | undefined;
  readonly again: boolean;
  /** What the collector asks for. */
  readonly waitMs?: number | undefined;
}

/** A header `Retry-After`: seconds, or a date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/u.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

async function attempt(
  { url, headers, timeoutMs }: Destination,
  body: string,
  leftMs: number,
  stop: AbortSignal,
): Promise<Attempt> {
  const limit = timeLimit(stop, leftMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      // The headers may hold a token, which is for this address.
      redirect: 'error',
      signal: limit.signal,
    });
    const text = await responseText(response, MOST_ANSWER);
    if (!response.ok) {
      const { status } = response;
      const waitMs = retryAfterMs(response.headers.get('retry-after'));
      const problem = `it answered with status ${String(status)}`;
      return { problem, again: RETRIED_STATUSES.includes(status), waitMs };
    }
    const refused = text.startsWith('{') ? (JSON.parse(text) as Answer).partialSuccess?.errorMessage : undefined;
    return {
      problem: refused === undefined || refused === '' ? undefined : `it did not take all: ${refused}`,
      again: false,
    };
  } catch (error) {
    if (limit.isOver()) return { problem: `it did not answer within ${durationText(timeoutMs)}`, again: false };
    // What `fetch` throws says why in its cause only, and of several addresses not even there.
    const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
    const problem = errorMessage(cause ?? error) || errorMessage(error);
    return { problem, again: CONNECTION_ERRORS.includes(systemErrorCode(cause) ?? '') };
  } finally {
    limit.clear();
  }
}

/**
 * Delivers a message, in as many attempts as its time allows.
 *
 * @param name - tells the pauses of this message from those of others, so that they do not come back together
 * @param stop - aborts when it is to be given up
 * @returns what went wrong; undefined when all was taken
 */
export async function deliver(
  destination: Destination,
  message: object,
  name: string,
  stop: AbortSignal,
  { now, pause }: DeliveryClock = realTime,
): Promise<string | undefined> {
  const body = JSON.stringify(message);
  const until = now() + destination.timeoutMs;
  for (let attempts = 1; ; attempts++) {
    const { problem, again, waitMs } = await attempt(destination, body, Math.max(1, until - now()), stop);
    if (problem === undefined) return undefined;
    const times = attempts === 1 ? '' : ` (attempt ${String(attempts)})`;
    const wait = waitMs ?? retryPause(name, attempts, FIRST_PAUSE_MS);
    const asks =
      waitMs === undefined ? '' : `, and wants to be asked again in ${durationText(Math.ceil(wait / 1000) * 1000)}`;
    if (!again || stop.aborted || attempts === MOST_ATTEMPTS) return `${problem}${times}`;
    if (now() + wait >= until) return `${problem}${asks}${times}`;
    try {
      await pause(wait, stop);
    } catch {
      return `${problem}${times}`;
    }
  }
}
