/**
 * A stand-in for an S3 service on this machine: objects in memory, and every signature recomputed by AWS's algorithm.
 *
 * Source: AWS General Reference, "Create a signed AWS API request" (Signature Version 4).
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service with one key. */
export interface Bucket {
  readonly endpoint: string;
  /** By path: `/bucket/prefix/name`. */
  readonly objects: Map<string, Buffer>;
  /** Methods and paths, in order. */
  readonly requests: string[];
  /** Answers that are given before any other: a status each. */
  readonly failures: number[];
  readonly close: () => Promise<void>;
}

const hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Why a request is refused; undefined when its signature and its content hold. */
function refusal(
  { method = '', url = '', headers }: IncomingMessage,
  body: Buffer,
  secret: string,
): string | undefined {
  const authorization = headers.authorization ?? '';
  const [, scope = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\S+), SignedHeaders=(\S+), Signature=(\S+)$/u.exec(authorization) ?? [];
  const [day = '', region = '', service = ''] = scope.split('/');
  const content = String(headers['x-amz-content-sha256']);
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', signed.join(''), names, content].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hex(canonical)].join('\n');
  const key = ['aws4_request'].reduce(hmac, hmac(hmac(hmac(`AWS4${secret}`, day), region), service));
  if (hmac(key, text).toString('hex') !== signature) return 'SignatureDoesNotMatch';
  if (content !== 'UNSIGNED-PAYLOAD' && content !== hex(body)) return 'XAmzContentSHA256Mismatch';
  return method === 'PUT' && headers['content-length'] === undefined ? 'MissingContentLength' : undefined;
}

/** Starts a service that knows one secret. */
export async function startBucket(secret: string): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const failures: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = '', url = '' } = request;
      requests.push(`${method} ${url}`);
      const failure = failures.shift();
      const refused = refusal(request, body, secret);
      const found = objects.get(url);
      if (failure !== undefined) response.writeHead(failure).end();
      else if (refused !== undefined) response.writeHead(403).end(`<Error><Code>${refused}</Code></Error>`);
      else if (method === 'PUT') {
        objects.set(url, body);
        response.writeHead(200).end();
      } else if (found === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': found.length }).end(method === 'HEAD' ? undefined : found);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    objects,
    requests,
    failures,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
