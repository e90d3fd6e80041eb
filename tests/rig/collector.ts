/**
 * A collector of OpenTelemetry that keeps what it is sent, and refuses what is no message of its protocol in JSON.
 *
 * Source: the OTLP specification, "OTLP/HTTP" and "JSON Protobuf Encoding".
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';

/** One request. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A span as it arrived, its attributes as plain values. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

/** A point of a gauge as it arrived. */
export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
}

/** What it answers with. */
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Chooses the answer to a request; `undefined` breaks the connection. @param attempt - how many came to this path, from 1 */
export type Answering = (attempt: number) => Answer | undefined | Promise<Answer>;

/** A running collector. */
export interface Collector {
  readonly url: string;
  readonly received: readonly Received[];
  /** Ends it before the test does. */
  readonly end: () => Promise<void>;
  readonly spans: () => readonly ReceivedSpan[];
  readonly points: () => readonly ReceivedPoint[];
  /** Of the resource of the first message. */
  readonly resource: () => Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

function list(value: unknown, what: string): readonly Json[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no list`);
  return value as readonly Json[];
}

/** Values as protobuf's JSON has them: integers of 64 bits are texts. */
function plainValue(value: Json): unknown {
  const [[kind, inner] = ['', undefined], ...more] = Object.entries(value);
  if (more.length > 0) throw new Error('a value of several kinds');
  if (kind === 'stringValue' && typeof inner === 'string') return inner;
  if (kind === 'boolValue' && typeof inner === 'boolean') return inner;
  if (kind === 'intValue' && typeof inner === 'string' && /^-?\d+$/u.test(inner)) return Number(inner);
  if (kind === 'doubleValue' && typeof inner === 'number') return inner;
  throw new Error(`no value: ${JSON.stringify(value)}`);
}

function attributes(value: unknown): Readonly<Record<string, unknown>> {
  const entries = list(value, 'attributes').map(({ key, value: inner }) => {
    if (typeof key !== 'string' || key === '') throw new Error('an attribute without a key');
    return [key, plainValue(inner as Json)] as const;
  });
  if (new Set(entries.map(([key]) => key)).size !== entries.length) throw new Error('an attribute twice');
  return Object.fromEntries(entries);
}

function milliseconds(value: unknown): number {
  if (typeof value !== 'string' || !/^\d{16,20}$/u.test(value)) throw new Error(`no nanoseconds: ${String(value)}`);
  return Number(BigInt(value) / 1_000_000n);
}

function identifier(value: unknown, digits: number): string {
  if (typeof value !== 'string' || !new RegExp(`^[0-9a-f]{${String(digits)}}$`, 'u').test(value)) {
    throw new Error(`no identifier: ${String(value)}`);
  }
  return value;
}

function span(raw: Json): ReceivedSpan {
  const [startMs, endMs] = [milliseconds(raw['startTimeUnixNano']), milliseconds(raw['endTimeUnixNano'])];
  if (endMs < startMs) throw new Error('a span ends before it begins');
  return {
    traceId: identifier(raw['traceId'], 32),
    spanId: identifier(raw['spanId'], 16),
    ...(raw['parentSpanId'] === undefined ? {} : { parentSpanId: identifier(raw['parentSpanId'], 16) }),
    name: String(raw['name']),
    startMs,
    endMs,
    attributes: attributes(raw['attributes']),
    events: list(raw['events'], 'events').map((event) => {
      milliseconds(event['timeUnixNano']);
      return { name: String(event['name']), attributes: attributes(event['attributes']) };
    }),
    status: raw['status'] as ReceivedSpan['status'],
  };
}

function spansOf(body: unknown): readonly ReceivedSpan[] {
  return list((body as Json)['resourceSpans'], 'resourceSpans').flatMap(({ scopeSpans }) =>
    list(scopeSpans, 'scopeSpans').flatMap(({ spans }) => list(spans, 'spans').map(span)),
  );
}

function pointsOf(body: unknown): readonly ReceivedPoint[] {
  return list((body as Json)['resourceMetrics'], 'resourceMetrics').flatMap(({ scopeMetrics }) =>
    list(scopeMetrics, 'scopeMetrics').flatMap(({ metrics }) =>
      list(metrics, 'metrics').flatMap(({ name, unit, gauge }) =>
        list((gauge as Json)['dataPoints'], 'dataPoints').map((point) => {
          milliseconds(point['timeUnixNano']);
          if (typeof point['asDouble'] !== 'number') throw new Error('a point without a value');
          return {
            name: String(name),
            unit: String(unit),
            attributes: attributes(point['attributes']),
            value: point['asDouble'],
          };
        }),
      ),
    ),
  );
}

/** Returns a function that starts a collector, which ends with the test; call it at the top of a test file. */
export function collectors(): (answer?: Answering) => Promise<Collector> {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
  return async (answering = () => ({ status: 200, body: '{"partialSuccess":{}}' })) => {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const path = request.url ?? '';
        received.push({ path, headers: request.headers, body: JSON.parse(text) });
        const attempt = received.filter((each) => each.path === path).length;
        void Promise.resolve(answering(attempt)).then((answer) => {
          if (answer === undefined) request.socket.destroy();
          else {
            const { status, body, headers } = answer;
            response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
          }
        });
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const end = (): Promise<void> =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      });
    open.push(end);
    const of = (path: string): readonly unknown[] =>
      received.filter((each) => each.path === path).map(({ body }) => body);
    return {
      url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
      received,
      end,
      spans: () => of('/v1/traces').flatMap(spansOf),
      points: () => of('/v1/metrics').flatMap(pointsOf),
      resource: () => {
        const [first] = list((of('/v1/traces')[0] as Json)['resourceSpans'], 'resourceSpans');
        return attributes((first?.['resource'] as Json)['attributes']);
      },
    };
  };
}
