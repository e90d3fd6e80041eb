import { describe, expect, test } from '@jest/globals';
import { deliver, type DeliveryClock } from '../../../runner/telemetry/delivery.js';
import { collectors, type Collector } from '../../rig/collector.js';
import { fileServers } from '../../rig/file-server.js';

const collector = collectors();
const startServer = fileServers();
const never = new AbortController().signal;

/** A clock that goes on by pauses alone, and keeps them. */
function clock(): DeliveryClock & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return {
    pauses,
    now: () => pauses.reduce((sum, ms) => sum + ms, 0),
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
}

const to = ({ url }: Collector, timeoutMs = 10_000): Parameters<typeof deliver>[0] => ({ url, headers: {}, timeoutMs });

describe('a message', () => {
  test('is sent again when the connection breaks, after pauses that grow', async () => {
    const seen = await collector((attempt) => (attempt < 4 ? undefined : { status: 200, body: '{}' }));
    const time = clock();
    expect(await deliver(to(seen), { a: 1 }, 'traces', never, time)).toBeUndefined();
    expect(seen.received).toHaveLength(4);
    const [first = 0, second = 0, third = 0] = time.pauses;
    expect(first).toBeGreaterThanOrEqual(500);
    expect(first).toBeLessThanOrEqual(1000);
    expect(second).toBeGreaterThanOrEqual(1000);
    expect(third).toBeGreaterThanOrEqual(2000);
  });

  test('is taken when the answer has no end, which nobody waits for', async () => {
    const server = await startServer((request, response) => {
      request.resume();
      const more = (): void => {
        if (!response.destroyed && response.write(Buffer.alloc(65_536, ' '))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    expect(await deliver({ url: server.url, headers: {}, timeoutMs: 20_000 }, {}, 'traces', never)).toBeUndefined();
  });

  test('is given up within its time when nobody is there, and says how often it was tried', async () => {
    const seen = await collector();
    await seen.end();
    const time = clock();
    const problem = await deliver(to(seen), {}, 'traces', never, time);
    expect(problem).toMatch(/ECONNREFUSED.* \(attempt [3-5]\)$/u);
    expect(time.now()).toBeLessThan(10_000);
  });

  test('is sent again as late as the collector asks for, in seconds or by a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    for (const [header, least, most] of [
      ['3', 3000, 3000],
      [date, 50_000, 60_000],
    ] as const) {
      const seen = await collector((attempt) =>
        attempt === 1 ? { status: 429, headers: { 'retry-after': header } } : { status: 200, body: '{}' },
      );
      const time = clock();
      expect(await deliver(to(seen, 100_000), {}, 'traces', never, time)).toBeUndefined();
      const [pause = 0, ...more] = time.pauses;
      expect(more).toEqual([]);
      expect(pause).toBeGreaterThanOrEqual(least);
      expect(pause).toBeLessThanOrEqual(most);
    }
  });

  test('is not sent for ever to one that wants it again at once', async () => {
    const seen = await collector(() => ({ status: 503, headers: { 'retry-after': '0' } }));
    expect(await deliver(to(seen), {}, 'traces', never, clock())).toBe('it answered with status 503 (attempt 5)');
    expect(seen.received).toHaveLength(5);
  });

  test('is not sent again when it was taken in part', async () => {
    const body = '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too many"}}';
    const seen = await collector(() => ({ status: 200, body }));
    expect(await deliver(to(seen), {}, 'traces', never, clock())).toBe('it did not take all: too many');
    expect(seen.received).toHaveLength(1);
  });

  test('is given up in a pause when it is to be', async () => {
    const seen = await collector(() => ({ status: 503 }));
    const stop = new AbortController();
    const time: DeliveryClock = {
      now: () => 0,
      pause: (_, signal) => {
        stop.abort();
        return signal.aborted ? Promise.reject(new Error('aborted')) : Promise.resolve();
      },
    };
    expect(await deliver(to(seen), {}, 'traces', stop.signal, time)).toBe('it answered with status 503');
    expect(seen.received).toHaveLength(1);
  });
});
