/**
 * Traces and metrics of OpenTelemetry, as a collector sees them.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { telemetrySettings, telemetryWanted } from '../../runner/telemetry/settings.js';
import { pipeline, startPipeline } from '../rig/cli.js';
import { collectors, type Collector, type ReceivedSpan } from '../rig/collector.js';
import { untilEnded, untilSays } from '../rig/processes.js';
import { failingStep, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const collector = collectors();

function spanOf(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0] as ReceivedSpan;
}

const demo = { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) };

function endpoint({ url }: Collector, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more };
}

describe('a run that a collector sees', () => {
  test('is a span with one for each step in it, and gauges', async () => {
    const folder = temporaryFolder();
    write(folder, demo);
    const seen = await collector();
    const env = endpoint(seen, {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20xyz,x-team=ml',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_SERVICE_NAME: 'clothes',
    });
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml'], env);
    expect([status, stderr]).toEqual([0, '']);
    expect(seen.received.map(({ path }) => path).toSorted()).toEqual(['/v1/metrics', '/v1/traces']);
    for (const { headers } of seen.received) {
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        authorization: 'Bearer xyz',
        'x-team': 'ml',
      });
    }
    expect(seen.resource()).toEqual({ 'service.name': 'clothes', 'deployment.environment': 'test' });

    const spans = seen.spans();
    const run = spanOf(spans, 'run demo');
    expect(run).toMatchObject({ attributes: { 'pipeline.run': 1, 'pipeline.outcome': 'complete' }, status: {} });
    expect(run.parentSpanId).toBeUndefined();
    for (const name of ['first', 'second']) {
      const span = spanOf(spans, name);
      expect(span).toMatchObject({ traceId: run.traceId, parentSpanId: run.spanId, status: {}, events: [] });
      expect(span.attributes).toMatchObject({
        'pipeline.node': name,
        'pipeline.component': 'Command',
        'pipeline.state': 'complete',
        'pipeline.attempt': 1,
      });
      expect(span.startMs).toBeGreaterThanOrEqual(run.startMs);
      expect(span.endMs).toBeLessThanOrEqual(run.endMs);
    }
    expect(spanOf(spans, 'second').attributes).toMatchObject({
      'pipeline.step.input_bytes': 1,
      'pipeline.step.output_bytes': 2,
    });
    expect(seen.points()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'pipeline.step.duration', unit: 's' }),
        {
          name: 'pipeline.step.io',
          unit: 'By',
          attributes: { 'pipeline.name': 'demo', 'pipeline.node': 'second', 'pipeline.direction': 'out' },
          value: 2,
        },
      ]),
    );
  });

  test('has spans of failed attempts, of what was cached and what was given up, within the trace it belongs to', async () => {
    const folder = temporaryFolder();
    write(folder, demo);
    await pipeline(folder, ['run', 'p.yaml']);
    write(folder, {
      ...demo,
      broken: scriptStep("console.log('no data'); process.exit(3)", {}, { retries: { times: 1, pause: '1s' } }),
      after: step('after', 'x', { in: 'broken.report' }),
      skipped: step('skipped', 'x', {}, { when: '1 > 2' }),
    });
    const seen = await collector();
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
    const env = endpoint(seen, { TRACEPARENT: `00-${parent.traceId}-${parent.spanId}-01` });
    expect((await pipeline(folder, ['run', 'p.yaml'], env)).status).toBe(1);
    const spans = seen.spans();
    expect(spans.every(({ traceId }) => traceId === parent.traceId)).toBe(true);
    expect(spanOf(spans, 'run demo')).toMatchObject({ parentSpanId: parent.spanId, status: { code: 2 } });
    const attempts = spans.filter(({ name }) => name === 'broken');
    expect(attempts.map(({ attributes }) => attributes['pipeline.attempt'])).toEqual([1, 2]);
    for (const { status, events, attributes } of attempts) {
      expect(attributes).toMatchObject({ 'pipeline.state': 'failed', 'error.type': 'program-failed' });
      expect(status).toEqual({ code: 2, message: expect.stringContaining('no data') });
      expect(events).toMatchObject([{ name: 'exception', attributes: { 'exception.type': 'program-failed' } }]);
    }
    expect(spanOf(spans, 'first').attributes).toMatchObject({ 'pipeline.state': 'cached', 'pipeline.from_run': 1 });
    expect(spanOf(spans, 'after').attributes).toMatchObject({
      'pipeline.state': 'abandoned',
      'pipeline.reason': 'broken failed',
    });
    expect(spanOf(spans, 'skipped').attributes).toMatchObject({ 'pipeline.state': 'skipped' });
  });

  test('holds no secret', async () => {
    const folder = temporaryFolder();
    write(
      folder,
      { broken: scriptStep('console.log(process.env.KEY); process.exit(1)', {}, { env: { KEY: '${secrets.TOKEN}' } }) },
      'demo',
      ['secrets: [TOKEN]'],
    );
    const seen = await collector();
    await pipeline(folder, ['run', 'p.yaml'], endpoint(seen, { TOKEN: 'hush-hush-9' }));
    expect(seen.received).toHaveLength(2);
    expect(JSON.stringify(seen.received)).not.toContain('hush-hush-9');
  });
});

describe('a collector that does not take it', () => {
  test.each([
    ['refuses', { status: 503, headers: { 'retry-after': '3600' } }, 'it answered with status 503'],
    [
      'takes a part',
      { status: 200, body: '{"partialSuccess":{"errorMessage":"too many"}}' },
      'it did not take all: too many',
    ],
  ])('is told, and changes nothing of the run: it %s', async (_, answer, message) => {
    const folder = temporaryFolder();
    write(folder, demo);
    const seen = await collector(() => answer);
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml'], endpoint(seen));
    expect(status).toBe(0);
    expect(stderr).toContain(`warning: OpenTelemetry: traces were not sent to ${seen.url}/v1/traces: ${message}`);
  });

  test('is told when it does not answer', async () => {
    const folder = temporaryFolder();
    write(folder, demo);
    const seen = await collector(() => new Promise(() => undefined));
    const env = endpoint(seen, { OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
    expect((await pipeline(folder, ['run', 'p.yaml'], env)).stderr).toContain('it did not answer within 300ms');
  });

  test('is told when it is not there', async () => {
    const folder = temporaryFolder();
    write(folder, { broken: failingStep });
    const { url, end } = await collector();
    await end();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '400' };
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml'], env);
    expect(status).toBe(1);
    expect(stderr).toMatch(/warning: OpenTelemetry: metrics were not sent to \S+\/v1\/metrics: .*ECONNREFUSED/u);
  });
});

describe('a collector that takes it later', () => {
  test.each([429, 502, 503, 504])(
    'is sent the same again, as soon as it asks for, after the status %i',
    async (status) => {
      const folder = temporaryFolder();
      write(folder, demo);
      const seen = await collector((attempt) =>
        attempt < 3 ? { status, headers: { 'retry-after': '0' } } : { status: 200, body: '{}' },
      );
      const run = await pipeline(folder, ['run', 'p.yaml'], endpoint(seen));
      expect([run.status, run.stderr]).toEqual([0, '']);
      for (const path of ['/v1/traces', '/v1/metrics']) {
        const [first, ...again] = seen.received.filter((each) => each.path === path).map(({ body }) => body);
        expect(again).toEqual([first, first]);
      }
    },
  );

  test('is not sent it again after what will not change, or later than there is time for', async () => {
    const folder = temporaryFolder();
    write(folder, demo);
    const refusing = await collector(() => ({ status: 400, headers: { 'retry-after': '0' } }));
    expect((await pipeline(folder, ['run', 'p.yaml'], endpoint(refusing))).stderr).toContain('status 400');
    expect(refusing.received).toHaveLength(2);
    const busy = await collector(() => ({ status: 503, headers: { 'retry-after': '3600' } }));
    const { stderr } = await pipeline(folder, ['run', 'p.yaml'], endpoint(busy));
    expect(stderr).toContain('it answered with status 503, and wants to be asked again in 1h');
    expect(busy.received).toHaveLength(2);
  });
});

describe('a run that a signal ends', () => {
  const slow = scriptStep("console.log('waiting'); setInterval(() => 0, 1000)");

  test('is sent as one that was stopped', async () => {
    const folder = temporaryFolder();
    write(folder, { slow, after: step('after', 'x', { in: 'slow.report' }) });
    const seen = await collector();
    const child = startPipeline(folder, ['run', 'p.yaml', '--json'], endpoint(seen));
    await untilSays(child, '"waiting"');
    child.kill('SIGTERM');
    expect(await untilEnded(child)).toEqual({ status: 130, signal: null });
    expect(spanOf(seen.spans(), 'run demo').attributes).toMatchObject({ 'pipeline.outcome': 'canceled' });
    expect(spanOf(seen.spans(), 'slow').attributes).toMatchObject({ 'pipeline.state': 'canceled' });
    expect(spanOf(seen.spans(), 'after').attributes).toMatchObject({
      'pipeline.state': 'abandoned',
      'pipeline.reason': 'slow was stopped',
    });
    expect(seen.points()).toContainEqual(expect.objectContaining({ name: 'pipeline.run.duration' }));
  });

  /** A run whose collector has got everything, and does not answer yet. */
  async function sending(): Promise<{ child: ChildProcess; ended: ReturnType<typeof untilEnded>; answer: () => void }> {
    const folder = temporaryFolder();
    write(folder, demo);
    let [asked, answer] = [(): void => undefined, (): void => undefined];
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const isAnswered = new Promise<void>((resolve) => (answer = resolve));
    let requests = 0;
    const seen = await collector(async () => {
      if (++requests === 2) asked();
      await isAnswered;
      return { status: 200, body: '{}' };
    });
    const child = startPipeline(folder, ['run', 'p.yaml'], endpoint(seen));
    const ended = untilEnded(child);
    await isAsked;
    return { child, ended, answer };
  }

  test('is sent to its end when the signal comes while that goes on', async () => {
    const { child, ended, answer } = await sending();
    child.kill('SIGTERM');
    // A process that has died of it would not let its end wait for the answer.
    expect(await Promise.race([ended, setTimeout(200, 'waits')])).toBe('waits');
    answer();
    expect(await ended).toEqual({ status: 0, signal: null });
  });

  test('is given up at the second one', async () => {
    const { child, ended } = await sending();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ status: 0, signal: null });
  });
});

describe('the variables', () => {
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
  const destinations = (env: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> => {
    const { traces, metrics } = telemetrySettings(env).destinations;
    return { traces: traces?.url, metrics: metrics?.url };
  };

  test('ask for nothing without an address, or when all is switched off', () => {
    expect(telemetryWanted({})).toBe(false);
    expect(telemetryWanted({ OTEL_SERVICE_NAME: 'x' })).toBe(false);
    expect(telemetryWanted({ ...base, OTEL_SDK_DISABLED: 'true' })).toBe(false);
    expect(telemetryWanted({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m' })).toBe(true);
  });

  test('name the address of all signals, or the whole one of each', () => {
    expect(destinations(base)).toEqual({
      traces: 'http://collector:4318/v1/traces',
      metrics: 'http://collector:4318/v1/metrics',
    });
    expect(destinations({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/x?y=1' })).toEqual({
      traces: 'https://t/x?y=1',
      metrics: 'http://collector:4318/v1/metrics',
    });
    expect(destinations({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/' })).toEqual({ traces: 'https://t/' });
    expect(destinations({ ...base, OTEL_METRICS_EXPORTER: 'none' })).toEqual({
      traces: 'http://collector:4318/v1/traces',
    });
  });

  test.each([
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      "traces are not sent by 'grpc': set OTEL_EXPORTER_OTLP_PROTOCOL=http/json",
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, 'the endpoint is no http or https address'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'file:///etc/passwd' }, 'the endpoint is no http or https address'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:hush@x' }, 'has a password in it'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'token' }, 'OTEL_EXPORTER_OTLP_HEADERS holds what is no key=value'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'token=%zz' }, 'OTEL_EXPORTER_OTLP_HEADERS holds what is no key=value'],
  ])('that ask for what cannot be done are told: %j', (env, message) => {
    const { problems } = telemetrySettings({ ...base, ...env });
    expect(problems.join('\n')).toContain(message);
    expect(problems.join('\n')).not.toContain('hush');
  });

  test('hold a timeout, and a parent that is one', () => {
    const of = (env: Readonly<Record<string, string>>): unknown => [
      telemetrySettings({ ...base, ...env }).destinations.traces?.timeoutMs,
      telemetrySettings({ ...base, ...env }).parent,
    ];
    expect(of({})).toEqual([10_000, undefined]);
    expect(of({ OTEL_EXPORTER_OTLP_TIMEOUT: '500', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '700' })).toEqual([
      700,
      undefined,
    ]);
    expect(of({ OTEL_EXPORTER_OTLP_TIMEOUT: '-1', TRACEPARENT: `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01` })).toEqual([
      10_000,
      undefined,
    ]);
  });
});
