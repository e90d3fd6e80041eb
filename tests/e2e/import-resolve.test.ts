import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { executed, runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

function importer(source: string, more: object = {}, outputs: object = { report: 'File' }): string {
  return JSON.stringify({ component: 'Importer', outputs, params: { source, ...more } });
}

function resolver(params: object = {}, outputs: object = { report: 'File' }): string {
  return JSON.stringify({ component: 'Resolver', outputs, params });
}

/** Content of the only file of an artifact, by `node.output`. */
async function content(folder: string, name: string, file = 'data'): Promise<string> {
  const { stdout } = await pipeline(folder, ['lineage', name, '--format', 'json']);
  const digest = /"digest":"([0-9a-f]{64})"/u.exec(stdout)?.[1] ?? '';
  return readFileSync(join(folder, '.pipeline', 'artifacts', digest, file), 'utf8');
}

describe('Importer', () => {
  test('takes a file by content: its time and name do not count, its bytes do', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'in.txt'), 'one');
    write(folder, { source: importer('in.txt'), use: step('use', 'u', { in: 'source.report' }) });
    expect(await run(folder)).toEqual({ source: 'completed', use: 'completed' });
    expect(await content(folder, 'use.report')).toBe('uone');
    utimesSync(join(folder, 'in.txt'), 1, 1);
    expect(await run(folder)).toEqual({ source: 'cached', use: 'cached' });
    writeFileSync(join(folder, 'copy.txt'), 'one');
    write(folder, { source: importer('copy.txt'), use: step('use', 'u', { in: 'source.report' }) });
    expect(await run(folder)).toEqual({ source: 'cached', use: 'cached' });
    writeFileSync(join(folder, 'copy.txt'), 'two');
    expect(await run(folder)).toEqual({ source: 'completed', use: 'completed' });
    expect(await content(folder, 'use.report')).toBe('utwo');
  });

  test('takes a folder with what its links name inside it, and records properties', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'in', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'in', 'deep', 'a.txt'), 'a');
    symlinkSync('deep/a.txt', join(folder, 'in', 'link.txt'));
    write(folder, { source: importer('in', { properties: { span: 3, who: 'me' } }) });
    expect(await run(folder)).toEqual({ source: 'completed' });
    expect(await content(folder, 'source.report', 'link.txt')).toBe('a');
    const { stdout } = await pipeline(folder, ['artifacts', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ artifacts: [{ type: 'File', properties: { span: 3, who: 'me' } }] });
  });

  test('refuses what is not there, leads outside, is empty, or is not of its type: status 1, nothing recorded', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'links'));
    symlinkSync('/etc/hosts', join(folder, 'links', 'hosts'));
    write(folder, {
      gone: importer('nowhere.txt'),
      empty: importer('empty'),
      links: importer('links'),
      model: importer('p.yaml', {}, { model: 'Model' }),
    });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stdout).toContain('gone[resource]');
    expect(stdout).toContain('empty[nothing-to-import]');
    expect(stdout).toMatch(/links\[resource\].*leads out of/u);
    expect(stdout).toContain('model[not-of-type]: p.yaml is no Model: it has no model_info.json');
    expect(readdirSync(join(folder, '.pipeline', 'staging'))).toEqual([]);
  });
});

describe('Resolver', () => {
  const nodes = (text: string): Record<string, string> => ({ make: step('make', text) });

  test('finds the newest artifact of its type, of this or another pipeline; no copy, no new artifact', async () => {
    const folder = temporaryFolder();
    write(folder, nodes('one'), 'other');
    await run(folder);
    write(folder, nodes('two'), 'other');
    await run(folder);
    write(folder, {
      found: resolver({ pipeline: 'other' }),
      use: step('use', 'u', { in: 'found.report' }),
    });
    expect(await run(folder)).toEqual({ found: 'completed', use: 'completed' });
    expect(await content(folder, 'use.report')).toBe('utwo');
    expect(readdirSync(join(folder, '.pipeline', 'artifacts')).filter((name) => !name.includes('.'))).toHaveLength(3);
    // The lineage leads to what really made it.
    const lineage = await pipeline(folder, ['lineage', 'use.report']);
    expect(lineage.stdout).toContain('make');
    // The same artifact again: what uses it stays cached.
    expect(await run(folder)).toEqual({ found: 'completed', use: 'cached' });
    expect((await pipeline(folder, ['plan', 'p.yaml'])).stdout).toMatch(/cached +found +\d+ B +made by make in run 2/u);
  });

  test('is skipped where there is nothing, and so is what needs it', async () => {
    const folder = temporaryFolder();
    write(folder, { found: resolver(), use: step('use', 'u', { in: 'found.report' }) });
    expect(await run(folder)).toEqual({ found: 'skipped', use: 'skipped' });
    const { stdout } = await pipeline(folder, ['show']);
    expect(stdout).toContain('skipped: there is no File of this pipeline yet');
    // What itself uses is not what it looks for: the other step of this pipeline is.
    write(folder, { found: resolver({ node: 'make' }), ...nodes('one') });
    expect(await run(folder)).toEqual({ found: 'skipped', make: 'completed' });
    expect(await run(folder)).toEqual({ found: 'completed', make: 'cached' });
  });

  test('takes the next best where the newest is damaged', async () => {
    const folder = temporaryFolder();
    for (const text of ['one', 'two']) {
      write(folder, nodes(text), 'other');
      await run(folder);
    }
    const artifacts = join(folder, '.pipeline', 'artifacts');
    const newest = readdirSync(artifacts).find((name) => {
      return !name.includes('.') && readFileSync(join(artifacts, name, 'data'), 'utf8') === 'two';
    });
    chmodSync(join(artifacts, newest ?? '', 'data'), 0o644);
    writeFileSync(join(artifacts, newest ?? '', 'data'), 'bad');
    write(folder, { found: resolver({ pipeline: 'other' }), use: step('use', 'u', { in: 'found.report' }) });
    expect(await run(folder)).toEqual({ found: 'completed', use: 'completed' });
    expect(await content(folder, 'use.report')).toBe('uone');
    expect(readdirSync(join(folder, '.pipeline', 'quarantine'))).toHaveLength(1);
    expect(executed(folder, 'use')).toBe(1);
  });

  test('finds the newest model that was blessed', async () => {
    const folder = temporaryFolder();
    const model = scriptStep(
      "require('fs').writeFileSync(process.argv[1] + '/model_info.json', process.env.NAME)",
      {},
      { outputs: { report: 'Model' }, env: { NAME: '' } },
    );
    writeFileSync(
      join(folder, 'judge.ts'),
      `import { defineSpec, input, output, param, artifactTypes } from 'tfjs-pipelines';
       import { writeFileSync } from 'node:fs';
       export const spec = defineSpec({
         name: 'Judge', doc: 'Judges.',
         inputs: { model: input(artifactTypes.get('Model')!) },
         outputs: { blessing: output(artifactTypes.get('ModelBlessing')!) },
         params: { blessed: param.boolean({ doc: '' }) },
       });
       export const execute = async ({ outputs, params }) => {
         writeFileSync(outputs.blessing.path + '/blessing.json', String(params.blessed));
         outputs.blessing.setProperty('blessed', params.blessed ? 1 : 0);
       };`,
    );
    const train = (name: string, blessed: boolean): void => {
      const judge = { component: './judge.ts', inputs: { model: 'train.report' }, params: { blessed } };
      write(
        folder,
        { train: model.replace('"NAME":""', `"NAME":"${name}"`), judge: JSON.stringify(judge) },
        'training',
      );
    };
    const find = async (): Promise<Readonly<Record<string, string>>> => {
      const strategy = { strategy: 'latest_blessed_model', pipeline: 'training' };
      write(folder, { found: resolver(strategy, { model: 'Model' }) }, 'serving');
      return await run(folder);
    };
    train('bad', false);
    await run(folder);
    expect(await find()).toEqual({ found: 'skipped' });
    train('good', true);
    await run(folder);
    train('worse', false);
    await run(folder);
    expect(await find()).toEqual({ found: 'completed' });
    expect(await content(folder, 'found.model', 'model_info.json')).toBe('good');
    const explained = await pipeline(folder, ['explain', 'found']);
    expect(explained.stdout).toMatch(/blessed by judge in run 3/u);
  });

  test('declares exactly one output, of type Model for a blessed model: status 2', async () => {
    const folder = temporaryFolder();
    write(folder, {
      two: resolver({}, { a: 'File', b: 'File' }),
      blessed: resolver({ strategy: 'latest_blessed_model' }),
      wired: JSON.stringify({ component: 'Importer', inputs: { in: 'two.a' }, params: { source: 'p.yaml' } }),
    });
    const { status, stderr } = await pipeline(folder, ['validate', 'p.yaml']);
    expect(status).toBe(2);
    expect(stderr).toContain('a Resolver finds one artifact: declare one output with its type');
    expect(stderr).toContain('a blessed model is of type Model, not File');
    expect(stderr).toContain("Importer has no input 'in'");
    expect(stderr).toContain('an Importer makes one artifact: declare one output with its type');
  });
});
