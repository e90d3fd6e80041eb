/**
 * Objects in a bucket of S3, or of a service that speaks its protocol. Requests are signed by the library; a request that
 * fails for a passing reason is tried again there.
 *
 * Source: Amazon S3 API Reference, HeadObject, GetObject, PutObject; AWS General Reference, Signature Version 4.
 */
import { openAsBlob } from 'node:fs';
import { Readable } from 'node:stream';
import { AwsClient } from 'aws4fetch';
import { responseText } from '../response-text.js';
import type { RemoteObjects } from './remote-objects.js';

/** A place in a bucket, and how it is reached. */
export interface S3Place {
  readonly bucket: string;
  /** Before the name of every object; '' or a path that ends with `/`. */
  readonly prefix: string;
  readonly region: string;
  /** Address of another service than Amazon's; buckets are folders of it. */
  readonly endpoint: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** Times that a request is tried again. */
const RETRIES = 4;

/** How patient requests are: they end when less than `leastBytes` come, or go, in so many milliseconds. */
export interface S3Patience {
  readonly stallMs: number;
  readonly leastBytes: number;
}

const PATIENCE: S3Patience = { stallMs: 30_000, leastBytes: 16_384 };

function stalls(address: string, { stallMs }: S3Patience): Error {
  return new Error(`${address} stalls: too little came in ${String(stallMs / 1000)} s`);
}

/** The bytes of a body; fails when they come too slowly, or not at all, and when they are not wanted any more. */
async function* arriving(
  body: NonNullable<Response['body']>,
  patience: S3Patience,
  address: string,
  stop: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let [bytes, before, stalled] = [0, 0, false];
  // What is being waited for ends then.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  const timer = setInterval(() => {
    stalled ||= bytes - before < patience.leastBytes;
    before = bytes;
    if (stalled) cancel();
  }, patience.stallMs);
  stop.addEventListener('abort', cancel);
  try {
    for (;;) {
      stop.throwIfAborted();
      const { done, value } = await reader.read();
      stop.throwIfAborted();
      if (stalled) throw stalls(address, patience);
      if (done) return;
      bytes += value.length;
      yield value;
    }
  } finally {
    clearInterval(timer);
    stop.removeEventListener('abort', cancel);
    await reader.cancel().catch(() => undefined);
  }
}

function baseOf({ bucket, prefix, region, endpoint }: S3Place): string {
  const host = endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint}/${bucket}`;
  return `${host}/${prefix}`;
}

/** What a service says of a request that it refuses: its code, without the rest of the document. */
async function refusal(response: Response, what: string): Promise<Error> {
  const text = await responseText(response, 4096).catch(() => '');
  const code = /<Code>([\w.-]{1,80})<\/Code>/u.exec(text)?.[1];
  return new Error(`${what} answers ${String(response.status)}${code === undefined ? '' : ` ${code}`}`);
}

/**
 * Objects below a place.
 *
 * @param stop - what is being asked, sent or received when it aborts fails at once
 */
export function s3Objects(place: S3Place, stop: AbortSignal, patience: S3Patience = PATIENCE): RemoteObjects {
  const { accessKeyId, secretAccessKey, sessionToken, region } = place;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: 's3',
    region,
    retries: RETRIES,
  });
  const base = baseOf(place);
  const address = `s3://${place.bucket}/${place.prefix}`.replace(/\/$/u, '');
  /** @param bytes - that go with it */
  const request = async (name: string, init: RequestInit, bytes = 0): Promise<Response> => {
    stop.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let abort = (): void => undefined;
    // Not left to the request's signal alone, which would be forgotten: the library makes requests of its own, which
    // garbage collection parts from theirs.
    const ended = new Promise<never>((_, reject) => {
      abort = () => {
        reject(stop.reason as Error);
      };
      timer = setTimeout(
        () => {
          reject(stalls(address, patience));
        },
        patience.stallMs * (1 + bytes / patience.leastBytes),
      );
    });
    stop.addEventListener('abort', abort);
    try {
      const asked = client.fetch(`${base}${name}`, { ...init, signal: stop, redirect: 'error' });
      return await Promise.race([asked, ended]);
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    }
  };
  return {
    address,
    has: async (name) => {
      const response = await request(name, { method: 'HEAD' });
      if (response.ok) return true;
      if (response.status === 404) return false;
      throw await refusal(response, address);
    },
    read: async (name) => {
      const response = await request(name, { method: 'GET' });
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok || response.body === null) throw await refusal(response, address);
      return Readable.from(arriving(response.body, patience, address, stop), { objectMode: false });
    },
    write: async (name, file, sha256) => {
      // A blob has a length and can be sent again; the service compares what arrives with the digest.
      const body = await openAsBlob(file);
      const headers = { 'x-amz-content-sha256': sha256 };
      const response = await request(name, { method: 'PUT', body, headers }, body.size);
      if (!response.ok) throw await refusal(response, address);
      await response.body?.cancel();
    },
  };
}
