/**
 * A loopback HTTP server that answers each request as a test says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';

/** How one request is answered. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A running server. */
export interface FileServer {
  readonly url: string;
  /** The `range` header of every request so far, `-` where there was none. */
  readonly ranges: readonly string[];
}

/** Returns a function that starts servers, which end with the test; call it at the top of a test file. */
export function fileServers(): (...answers: readonly Answer[]) => Promise<FileServer> {
  const running: Server[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  return async (...answers) => {
    const ranges: string[] = [];
    const server = createServer((request, response) => {
      // The last answer stands for all further requests.
      const answer = answers[Math.min(ranges.length, answers.length - 1)];
      ranges.push(request.headers.range ?? '-');
      answer?.(request, response);
    });
    running.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${String(port)}/file.tar.gz`, ranges };
  };
}

/** Sends a file, or the range that is asked for. */
export function sendFile(bytes: Buffer): Answer {
  return (request, response) => {
    const [, start] = /^bytes=(\d+)-$/u.exec(request.headers.range ?? '') ?? [];
    if (start === undefined) {
      response.writeHead(200, { 'content-length': bytes.length, 'content-type': 'application/gzip' });
      response.end(bytes);
      return;
    }
    const rest = bytes.subarray(Number(start));
    response.writeHead(206, {
      'content-length': rest.length,
      'content-range': `bytes ${start}-${String(bytes.length - 1)}/${String(bytes.length)}`,
    });
    response.end(rest);
  };
}

/** Sends the beginning of a file, then breaks the connection. */
export function sendPart(bytes: Buffer, length: number): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, length), () => response.destroy());
  };
}

/** An address where nobody listens. */
export async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${String(port)}/cifar.tar.gz`;
}
