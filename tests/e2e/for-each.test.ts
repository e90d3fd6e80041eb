import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A step that writes its arguments after the folders, and counts its executions by them. */
function sayStep(args: readonly string[], more: object): string {
  const script =
    "const fs = require('fs'); const [report, ...words] = process.argv.slice(1); const text = words.join('-'); fs.appendFileSync('say.count', text + '\\n'); fs.writeFileSync(report + '/data', text)";
  const argv = [process.execPath, '-e', script, '${outputs.report}', ...args];
  return JSON.stringify({ component: 'Command', outputs: { report: 'File' }, params: { argv }, ...more });
}

function said(folder: string): readonly string[] {
  return readFileSync(join(folder, 'say.count'), 'utf8').trim().split('\n').sort();
}

async function gathered(folder: string, name: string): Promise<string> {
  const { stdout } = await pipeline(folder, ['lineage', name, '--format', 'json', '--direction', 'up']);
  const { artifacts, root } = JSON.parse(stdout) as {
    root: number;
    artifacts: { artifact: number; digest: string }[];
  };
  const digest = artifacts.find(({ artifact }) => artifact === root)?.digest ?? '';
  return readFileSync(join(folder, '.pipeline', 'artifacts', digest, 'data'), 'utf8');
}

describe('for_each', () => {
  test('makes an instance a value of a list from params, gathered as a list; each cached alone', async () => {
    const folder = temporaryFolder();
    const nodes = {
      convert: sayStep(['m${each.mode}'], { for_each: { mode: '${params.modes}' } }),
      gather: step('gather', '', { in: 'convert.report' }),
    };
    write(folder, nodes, 'demo', ['params: {modes: [float32, int8]}']);
    expect(await run(folder)).toEqual({
      'convert[float32]': 'completed',
      'convert[int8]': 'completed',
      gather: 'completed',
    });
    expect(await gathered(folder, 'gather.report')).toBe('mfloat32+mint8');
    expect(await run(folder, '--set', 'modes=[float32, int8, 0.5]')).toEqual({
      'convert[float32]': 'cached',
      'convert[int8]': 'cached',
      'convert[0.5]': 'completed',
      gather: 'completed',
    });
    expect(await gathered(folder, 'gather.report')).toBe('mfloat32+mint8+m0.5');
    expect(await gathered(folder, 'convert[0.5].report')).toBe('m0.5');
    expect(said(folder)).toEqual(['m0.5', 'mfloat32', 'mint8']);
    // An order is an order: the list is another one, its parts are not.
    expect(await run(folder, '--set', 'modes=[int8, float32]')).toEqual({
      'convert[int8]': 'cached',
      'convert[float32]': 'cached',
      gather: 'completed',
    });
  });

  test('makes the product of several lists; mappings have numbers', async () => {
    const folder = temporaryFolder();
    write(folder, {
      train: sayStep(['${each.optimizer.name}', 'x${each.units}y'], {
        for_each: { units: [8, 16], optimizer: [{ name: 'sgd' }, { name: 'adam' }] },
      }),
    });
    expect(Object.keys(await run(folder)).sort()).toEqual([
      'train[16,#1]',
      'train[16,#2]',
      'train[8,#1]',
      'train[8,#2]',
    ]);
    expect(said(folder)).toEqual(['adam-x16y', 'adam-x8y', 'sgd-x16y', 'sgd-x8y']);
  });

  test('joins instance to instance, skips and selects them alone', async () => {
    const folder = temporaryFolder();
    write(folder, {
      train: sayStep(['t', 's${each.size}'], { for_each: { size: [1, 2] } }),
      judge: JSON.stringify({
        ...(JSON.parse(step('judge', 'j', { in: 'train[${each.size}].report' })) as object),
        for_each: { size: [1, 2] },
        when: 'each.size > 1',
      }),
      all: step('all', '', { in: 'judge.report' }),
      some: step('some', '', {}, { when: 'nodes.judge.all(n, n.outputs.report.bytes < 10)', after: 'train' }),
    });
    expect(await run(folder, '--only', 'train[2]')).toEqual({ 'train[2]': 'completed' });
    expect(await run(folder)).toEqual({
      'train[1]': 'completed',
      'train[2]': 'cached',
      'judge[1]': 'skipped',
      'judge[2]': 'completed',
      all: 'completed',
      some: 'completed',
    });
    expect(await gathered(folder, 'all.report')).toBe('jt-s2');
    expect(await run(folder, '--only', 'train', '--force', 'train')).toEqual({
      'train[1]': 'completed',
      'train[2]': 'completed',
    });
    const { stderr } = await pipeline(folder, ['run', 'p.yaml', '--only', 'train[3]']);
    expect(stderr).toContain("did you mean 'train[1]'?");
  });

  test('an instance that fails stops what gathers it, and no other instance; its log has its name', async () => {
    const folder = temporaryFolder();
    const fails = scriptStep(
      "if (process.env.MODE === 'b') { console.log('no b'); process.exit(1); } require('fs').writeFileSync(process.argv[1] + '/data', '')",
    );
    const each = JSON.stringify({
      ...(JSON.parse(fails) as object),
      env: { MODE: '${each.mode}' },
      for_each: { mode: ['a', 'b', 'c'] },
    });
    write(folder, { convert: each, gather: step('gather', '', { in: 'convert.report' }) });
    expect(await run(folder)).toEqual({
      'convert[a]': 'completed',
      'convert[b]': 'failed',
      'convert[c]': 'completed',
      gather: 'abandoned',
    });
    expect(readdirSync(join(folder, '.pipeline', 'logs', 'run-1'))).toEqual(['convert%5bb%5d.log']);
    expect((await pipeline(folder, ['explain', 'convert[b]'])).stdout).toContain('was executed, and failed');
  });

  test('ten thousand instances are planned; hundreds are run, and cached', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'tiny.ts'),
      `import { defineSpec, output, param, artifactTypes } from 'tfjs-pipelines';
       import { writeFileSync } from 'node:fs';
       export const spec = defineSpec({
         name: 'Tiny', doc: 'Writes a number.', outputs: { report: output(artifactTypes.get('File')!) },
         params: { value: param.integer({ doc: '' }) },
       });
       export const execute = async ({ outputs, params }) => {
         writeFileSync(outputs.report.path + '/data', String(params.value % 7));
       };`,
    );
    const nodes = {
      tiny: JSON.stringify({
        component: './tiny.ts',
        for_each: { value: '${params.values}' },
        params: { value: '${each.value}' },
      }),
    };
    const writeFor = (count: number): void => {
      const values = Array.from({ length: count }, (_, index) => index);
      write(folder, nodes, 'demo', [`params: {values: [${values.join(', ')}]}`]);
    };
    writeFor(10_000);
    const plan = await pipeline(folder, ['plan', 'p.yaml', '--json']);
    expect((JSON.parse(plan.stdout) as { nodes: unknown[] }).nodes).toHaveLength(10_000);
    writeFor(300);
    for (const type of ['step-completed', 'step-cached']) {
      const { stdout, status } = await pipeline(folder, ['run', 'p.yaml', '--json']);
      expect(status).toBe(0);
      expect(events(stdout).filter((event) => event['type'] === type)).toHaveLength(300);
    }
  }, 60_000);
});
