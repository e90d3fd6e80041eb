/**
 * OpenTelemetry's own definitions read what is sent to a collector, and Prometheus' own parser the file of metrics.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { collectors } from '../rig/collector.js';
import { parsePrometheus } from '../rig/prometheus.js';
import { failingStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const collector = collectors();
const python = process.env['OFFICIAL_TELEMETRY_PYTHON'] ?? '';

function official(kind: string, file: string): readonly Readonly<Record<string, unknown>>[] {
  const script = join(import.meta.dirname, 'check_telemetry.py');
  return JSON.parse(execFileSync(python, [script, kind, file], { encoding: 'utf8' })) as Record<string, unknown>[];
}

test('what a run sends and writes is read by the official definitions', async () => {
  if (python === '') {
    expect(process.env['REQUIRE_ALL_TESTS']).not.toBe('1');
    return;
  }
  const folder = temporaryFolder();
  writePipeline(folder, { first: step('first', 'a'), broken: failingStep });
  const seen = await collector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: seen.url, OTEL_RESOURCE_ATTRIBUTES: 'team=ml' };
  await pipeline(folder, ['run', 'p.yaml', '--metrics-file', 'run.prom'], env);
  for (const signal of ['traces', 'metrics']) {
    const body = seen.received.find(({ path }) => path === `/v1/${signal}`)?.body;
    writeFileSync(join(folder, `${signal}.json`), JSON.stringify(body));
  }
  const spans = official('traces', join(folder, 'traces.json'));
  expect(spans.map(({ name }) => name).toSorted()).toEqual(['broken', 'first', 'run demo']);
  for (const { name, ids, status, kind, ordered } of spans) {
    expect({ ids, kind, ordered }).toEqual({ ids: [16, 8, name === 'run demo' ? 0 : 8], kind: 1, ordered: true });
    expect(status).toBe(name === 'first' ? 0 : 2);
  }
  const gauges = official('metrics', join(folder, 'metrics.json'));
  expect(gauges.every(({ kind, points }) => kind === 'gauge' && Number(points) > 0)).toBe(true);
  expect(gauges).toContainEqual({ name: 'pipeline.step.duration', unit: 's', kind: 'gauge', points: 2 });

  const file = join(folder, 'run.prom');
  const samples = official('prometheus', file);
  expect(samples.map(({ type, ...sample }) => (type === 'gauge' ? sample : type))).toEqual(
    parsePrometheus(readFileSync(file, 'utf8')),
  );
});
