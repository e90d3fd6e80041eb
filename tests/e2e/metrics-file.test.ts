/**
 * `run --metrics-file`: the latest run for Prometheus, in a file that is replaced in one go.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { prometheusText } from '../../runner/reporting/prometheus.js';
import { RunView } from '../../runner/reporting/run-view.js';
import { pipeline } from '../rig/cli.js';
import { commandHere } from '../rig/command-here.js';
import { parsePrometheus, type Sample } from '../rig/prometheus.js';
import { completed, eventfulRun, runEnded, runStarted, started } from '../rig/run-events.js';
import { failingStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** The value of a sample, by its name without the prefix and some of its labels. */
function value(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): unknown {
  const found = samples.filter(
    (sample) =>
      sample.name === `tfjs_pipelines_${name}` &&
      Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  );
  expect(found).toHaveLength(1);
  return found[0]?.value;
}

describe('run --metrics-file', () => {
  test('tells what a run came to, and then what the next one did', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
    const run = async (): Promise<readonly Sample[]> => {
      const { status } = await pipeline(folder, ['run', 'p.yaml', '--metrics-file', 'run.prom']);
      expect(status).toBe(0);
      return parsePrometheus(readFileSync(join(folder, 'run.prom'), 'utf8'));
    };
    const one = await run();
    expect(one.every(({ labels }) => labels['pipeline'] === 'demo')).toBe(true);
    expect(value(one, 'run_success')).toBe(1);
    expect(value(one, 'run_nodes', { state: 'complete' })).toBe(2);
    expect(value(one, 'step_attempts', { node: 'second' })).toBe(1);
    expect(value(one, 'step_input_bytes', { node: 'second' })).toBe(1);
    expect(value(one, 'step_output_bytes', { node: 'second' })).toBe(2);
    expect(value(one, 'step_duration_seconds', { node: 'first' })).toBeGreaterThan(0);
    const two = await run();
    expect(value(two, 'run_number')).toBe(2);
    expect(value(two, 'step_cached', { node: 'first' })).toBe(1);
    expect(value(two, 'run_nodes', { state: 'complete' })).toBe(0);
    expect(value(two, 'run_saved_seconds')).toBeGreaterThan(0);
    expect(readdirSync(folder).filter((name) => name.includes('.prom'))).toEqual(['run.prom']);
  });

  test('tells of a run that failed', async () => {
    const folder = temporaryFolder();
    write(folder, { broken: failingStep, after: step('after', 'x', { in: 'broken.report' }) });
    await pipeline(folder, ['run', 'p.yaml', '--metrics-file', 'run.prom']);
    const samples = parsePrometheus(readFileSync(join(folder, 'run.prom'), 'utf8'));
    expect(value(samples, 'run_success')).toBe(0);
    expect(value(samples, 'step_success', { node: 'broken' })).toBe(0);
    expect(value(samples, 'run_nodes', { state: 'abandoned' })).toBe(1);
  });

  test('is refused before anything runs where no file can be', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'a') });
    mkdirSync(join(folder, 'taken'));
    for (const file of ['taken', 'nowhere/run.prom', 'p.yaml/run.prom', 'x'.repeat(300)]) {
      const { status, stderr } = await commandHere(folder, ['run', 'p.yaml', '--metrics-file', file]);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`error[bad-metrics-file]: --metrics-file ${file}`)]);
    }
    expect(readdirSync(folder)).not.toContain('.pipeline');
  });

  test('leaves the run as it is, and the file before, when it cannot be written at the end', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'here'));
    writeFileSync(join(folder, 'here', 'run.prom'), 'before');
    // The step takes the folder away.
    const script =
      "require('fs').renameSync('here', 'there'); require('fs').writeFileSync(process.argv[1] + '/data', '')";
    const argv = [process.execPath, '-e', script, '${outputs.report}'];
    write(folder, { first: JSON.stringify({ component: 'Command', outputs: { report: 'File' }, params: { argv } }) });
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', '--metrics-file', 'here/run.prom']);
    expect([status, stderr]).toEqual([0, expect.stringContaining('warning: the metrics cannot be written')]);
    expect(readFileSync(join(folder, 'there', 'run.prom'), 'utf8')).toBe('before');
    expect(readdirSync(join(folder, 'there'))).toEqual(['run.prom']);
  });
});

describe('the text', () => {
  test('escapes names, and keeps to the rules whatever happened', () => {
    const view = new RunView();
    for (const event of eventfulRun) view.apply(event, 1_700_000_000_000);
    expect(value(parsePrometheus(prometheusText(view)), 'run_success')).toBe(0);

    const odd = new RunView();
    const name = 'a"b\\c\nd[é=1]';
    for (const event of [
      runStarted(name),
      started(name),
      completed(name, [], { 'loss\n"x"': 1e-7, big: 1.5e300, none: -0 }),
      runEnded('complete'),
    ]) {
      odd.apply(event, 1_700_000_000_000);
    }
    const samples = parsePrometheus(prometheusText(odd));
    expect(value(samples, 'metric', { node: name, metric: 'loss\n"x"' })).toBe(1e-7);
    expect(value(samples, 'step_peak_memory_bytes', { node: name })).toBe(310_000_000);
    expect(value(samples, 'step_cpu_seconds', { node: name })).toBe(4);
  });

  test('has names that docs/observability.md tells', () => {
    const view = new RunView();
    for (const event of [runStarted('a'), started('a'), completed('a', [], { accuracy: 1 }), runEnded('complete')]) {
      view.apply(event, 0);
    }
    const page = readFileSync('docs/observability.md', 'utf8');
    for (const { name, labels } of parsePrometheus(prometheusText(view))) {
      expect(page).toContain(
        `| \`${name}\` | ${Object.keys(labels)
          .map((label) => `\`${label}\``)
          .join(', ')} |`,
      );
    }
  });
});
