import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { executed, runPipeline as run, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A component that measures what its param says; `extra` is optional. */
const MEASURE = `
  import { defineSpec, input, output, param, artifactTypes } from 'tfjs-pipelines';
  import { appendFileSync, writeFileSync } from 'node:fs';
  const File = artifactTypes.get('File')!;
  export const spec = defineSpec({
    name: 'Measure', doc: 'Measures.',
    inputs: { extra: input(File, { optional: true }) },
    outputs: { report: output(File) },
    params: { accuracy: param.number({ doc: '' }) },
  });
  export const execute = async ({ inputs, outputs, params, metric, baseDir }) => {
    appendFileSync(baseDir + '/measure.count', 'x');
    writeFileSync(outputs.report.path + '/data', inputs.extra === undefined ? 'alone' : 'with extra');
    metric('accuracy', params.accuracy);
    outputs.report.setProperty('verdict', params.accuracy > 0.5 ? 'good' : 'bad');
  };`;

function measure(accuracy: number | string, more: object = {}): string {
  return JSON.stringify({ component: './measure.ts', params: { accuracy }, ...more });
}

function folderWith(nodes: Readonly<Record<string, string>>, ...top: readonly string[]): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'measure.ts'), MEASURE);
  write(folder, nodes, 'demo', top);
  return folder;
}

const GOOD_ENOUGH = { when: 'nodes.measure.metrics.accuracy >= 0.8' };

describe('when', () => {
  test('a node runs while its condition holds, else it is skipped, and so is what needs it', async () => {
    const folder = folderWith(
      {
        measure: measure('${params.accuracy}'),
        push: step('push', 'p', {}, GOOD_ENOUGH),
        tell: step('tell', 't', { in: 'push.report' }),
        last: step('last', 'l', {}, { after: ['push'] }),
      },
      'params: {accuracy: 0.5}',
    );
    const skipped = { measure: 'completed', push: 'skipped', tell: 'skipped', last: 'completed' };
    expect(await run(folder)).toEqual(skipped);
    // All that was decided before is decided again from what is cached.
    expect(await run(folder)).toEqual({ ...skipped, measure: 'cached', last: 'cached' });
    const all = { measure: 'completed', push: 'completed', tell: 'completed', last: 'cached' };
    expect(await run(folder, '--set', 'accuracy=0.9')).toEqual(all);
    expect(await run(folder, '--set', 'accuracy=0.9')).toEqual({
      measure: 'cached',
      push: 'cached',
      tell: 'cached',
      last: 'cached',
    });
    expect(executed(folder, 'push')).toBe(1);
  });

  test('the reason stands in events, metadata, show, explain and the plan; status 0', async () => {
    const folder = folderWith({
      measure: measure(0.5),
      push: step('push', 'p', {}, GOOD_ENOUGH),
      tell: step('tell', 't', { in: 'push.report' }),
    });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(0);
    expect(stdout).toContain('push: skipped: not so: nodes.measure.metrics.accuracy >= 0.8');
    expect(stdout).toContain('tell: skipped: needs push.report, which was skipped');
    expect(stdout).toMatch(/1 executed; 2 skipped/u);
    const shown = await pipeline(folder, ['show']);
    expect(shown.stdout).toMatch(/○ +push +Command +skipped: not so: nodes\.measure/u);
    expect(JSON.parse((await pipeline(folder, ['show', '--json'])).stdout)).toMatchObject({
      executions: [
        { node: 'measure', state: 'COMPLETE' },
        { node: 'push', state: 'SKIPPED', reason: 'not so: nodes.measure.metrics.accuracy >= 0.8' },
        { node: 'tell', state: 'SKIPPED', reason: 'needs push.report, which was skipped' },
      ],
    });
    expect((await pipeline(folder, ['runs'])).stdout).toContain('1 executed, 2 skipped');
    expect((await pipeline(folder, ['explain', 'tell'])).stdout).toContain(
      'tell was skipped in run 1: needs push.report, which was skipped',
    );
    expect((await pipeline(folder, ['plan', 'p.yaml'])).stdout).toMatch(/○ skip +push +not so/u);
  });

  test('asks about params, and about properties and sizes of outputs', async () => {
    const when = [
      'params.deploy',
      "nodes.measure.outputs.report.properties.verdict == 'good'",
      'nodes["measure"].outputs.report.bytes < 100',
      'params.count % 2 == 1 && params.rate > 0.1 && params.names.exists(name, name == "b")',
      'has(nodes.measure.metrics.accuracy) && !has(nodes.measure.metrics.loss)',
    ];
    const folder = folderWith(
      {
        measure: measure(0.9),
        ...Object.fromEntries(when.map((text, index) => [`n${String(index)}`, step('n', 'x', {}, { when: text })])),
      },
      'params: {deploy: true, count: 3, rate: 0.2, names: [a, b]}',
    );
    const nodes = { n0: 'completed', n1: 'completed', n2: 'completed', n3: 'completed', n4: 'completed' };
    expect(await run(folder, '--jobs', '1')).toMatchObject({ n0: 'completed' });
    expect(Object.keys(await run(folder)).sort()).toEqual(['measure', ...Object.keys(nodes)]);
    const { stdout } = await pipeline(folder, ['show', '1', '--json']);
    const { executions } = JSON.parse(stdout) as { executions: { node: string; state: string }[] };
    expect(executions.filter(({ state }) => state !== 'COMPLETE' && state !== 'CACHED')).toEqual([]);
  });

  test('an optional input of a skipped node is left out; a list takes what is there', async () => {
    const folder = folderWith({
      never: step('never', 'n', {}, { when: false }),
      always: step('always', 'a', {}, { when: true }),
      measure: measure(1, { inputs: { extra: 'never.report' } }),
      gather: step('gather', 'g', { in: ['never.report', 'always.report'] }),
      none: step('none', 'n', { in: ['never.report'] }),
    });
    expect(await run(folder)).toEqual({
      never: 'skipped',
      always: 'completed',
      measure: 'completed',
      gather: 'completed',
      none: 'skipped',
    });
  });

  test('a condition that fails is an error, not false: the node fails and says which name it could have meant', async () => {
    const folder = folderWith({
      measure: measure(0.9),
      push: step('push', 'p', {}, { when: 'nodes.measure.metrics.acuracy >= 0.8' }),
      other: step('other', 'o', {}, { when: 'nodes.measure.metrics.accuracy > "a"' }),
      number: step('number', 'n', {}, { when: 'nodes.measure.metrics.accuracy' }),
      tell: step('tell', 't', { in: 'push.report' }),
    });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /push\[when-failed\]: its condition 'nodes\.measure\.metrics\.acuracy >= 0\.8' \(p\.yaml:5:\d+\) failed: No such key: acuracy\n +help: did you mean 'accuracy'\?/u,
    );
    expect(stdout).toContain('other[when-failed]');
    expect(stdout).toMatch(/number\[when-failed\].*is neither true nor false/u);
    expect(stdout).toContain('tell: not run: push failed');
    expect(executed(folder, 'push')).toBe(0);
  });

  test('a node that a condition asks about runs before, and is selected with it', async () => {
    const folder = folderWith({
      push: step('push', 'p', {}, GOOD_ENOUGH),
      measure: measure(0.9),
      other: step('other', 'o'),
    });
    expect(await run(folder, '--to', 'push')).toEqual({ measure: 'completed', push: 'completed' });
  });
});
