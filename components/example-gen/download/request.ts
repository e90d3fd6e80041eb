/**
 * One request for a file. The addresses of its host are looked up once, judged, and connected to: a name that is looked up
 * again may mean another machine.
 */
import { lookup, type LookupAddress } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

/** What to ask for, and how. */
export interface FileRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Given all addresses of the host before any is connected to; throws where they must not be. */
  readonly judge: (addresses: readonly string[]) => void;
  /** Finds the addresses of a host. Default: as the system does. */
  readonly resolve?: LookupFunction;
}

/** Milliseconds that a connection may take to come about. */
const CONNECT_MS = 10_000;

/** Looks up as `resolve` does, and lets `judge` have its say. */
function judgedLookup(resolve: LookupFunction, judge: FileRequest['judge']): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      const addresses = found as readonly LookupAddress[];
      try {
        if (error !== null) throw error;
        judge(addresses.map(({ address }) => address));
      } catch (refused) {
        callback(refused as NodeJS.ErrnoException, []);
        return;
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

/**
 * Asks for a file; redirects are answers like others.
 *
 * @returns the answer, whose body is still to come
 * @throws what `judge` throws, and the system's error where there is no connection; one that takes too long is one of
 *   `connect`, too
 */
export async function requestFile(request: FileRequest): Promise<http.IncomingMessage> {
  const { url, headers, signal, judge, resolve = lookup } = request;
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  // An address is not looked up.
  if (isIP(host) !== 0) judge([host]);
  const { get } = url.protocol === 'https:' ? https : http;
  return await new Promise((done, fail) => {
    // A connection of its own: one that is open already was judged for another request.
    const asked = get(url, { headers, signal, agent: false, lookup: judgedLookup(resolve, judge) });
    const timer = setTimeout(() => {
      const late = new Error(`there is no connection after ${String(CONNECT_MS / 1000)} s`);
      asked.destroy(Object.assign(late, { code: 'ETIMEDOUT', syscall: 'connect' }));
    }, CONNECT_MS);
    const settle = (): void => {
      clearTimeout(timer);
    };
    asked.once('socket', (socket) => socket.once('connect', settle));
    asked.once('close', settle);
    asked.on('error', fail);
    asked.on('response', (response) => {
      // Whoever reads the body is told; nobody need read it.
      response.on('error', () => undefined);
      done(response);
    });
  });
}
