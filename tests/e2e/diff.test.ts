import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

// One store for all: the command changes nothing.
const folder = sharedFolder();

beforeAll(async () => {
  writeModelPipeline(folder);
  await runModelPipeline(folder, 'a|<b>', 0.7);
  await runModelPipeline(folder, 'longer', 0.9);
  await runModelPipeline(folder, 'longer', 0.9);
});

describe('pipeline diff', () => {
  test('says what changed, from what to what', async () => {
    const { status, stdout } = await pipeline(folder, ['diff', '1', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^before: run 1 of models, complete, .*\nafter: {2}run 2 of models/u);
    expect(stdout).toMatch(/^ {2}weights +"a\|<b>" +"longer"$/mu);
    expect(stdout).toMatch(/^ {2}train +params\.accuracy +0\.7 +0\.9$/mu);
    expect(stdout).toMatch(/^ {2}judge\.accuracy +0\.7 +0\.9 +\+0\.2$/mu);
    expect(stdout).toMatch(/^ {2}1 unchanged$/mu);
    expect(stdout).not.toContain('train.epochs');
    expect(stdout).toMatch(/^ {2}train\.model +[0-9a-f]{12}, 5\.0 kB +[0-9a-f]{12}, 6\.0 kB +\+1\.0 kB$/mu);
  });

  test('the other way around, and of runs that made the same', async () => {
    expect((await pipeline(folder, ['diff', '2', '1'])).stdout).toMatch(/^ {2}judge\.accuracy +0\.9 +0\.7 +-0\.2$/mu);
    const same = (await pipeline(folder, ['diff', '2', '3'])).stdout;
    expect(same).toMatch(/\n\nthe same params, ingredients, metrics and artifacts\n\ntimings\n/u);
    expect(same).not.toContain('judge.accuracy');
    expect(await answer(folder, ['diff', '2', '3'])).toMatchObject({
      type: 'diff',
      before: { run: 2 },
      after: { run: 3 },
      same: true,
      params: [],
      ingredients: [],
      artifacts: [],
      timings: [
        { node: 'train', before: { state: 'COMPLETE' }, after: { state: 'CACHED' } },
        { node: 'judge', before: { state: 'COMPLETE' }, after: { state: 'CACHED' } },
      ],
    });
  });

  test('in Markdown, with nothing that could be read as more than text', async () => {
    const { stdout } = await pipeline(folder, ['diff', '1', '2', '--format', 'markdown']);
    expect(stdout).toMatch(/^## run 1 of models/u);
    expect(stdout).toContain('| judge.accuracy | 0.7 | 0.9 | +0.2 |\n');
    expect(stdout).toContain('| weights | "a&#124;&#60;b&#62;" | "longer" |\n');
    expect(stdout).not.toContain('<b>');
  });

  test('names the functions of user code that changed, in every form', async () => {
    const own = temporaryFolder();
    writeModelPipeline(own);
    await runModelPipeline(own, 'a', 0.7);
    writeFileSync(join(own, 'scale.ts'), 'const half = (n) => n / 2;\nexport const scale = (n) => 2 * half(n);\n');
    const code = readFileSync(join(own, 'train.ts'), 'utf8');
    writeFileSync(
      join(own, 'train.ts'),
      `import { scale } from './scale.js';\n${code.replace('params.accuracy +', 'scale(params.accuracy) +')}`,
    );
    await runModelPipeline(own, 'a', 0.7);
    const rows = [
      ['scale.ts: half', 'added'],
      ['scale.ts: scale', 'added'],
      ['train.ts: execute', 'changed'],
    ] as const;
    expect((await pipeline(own, ['diff', '1', '2'])).stdout).toMatch(
      /^user code\n {2}node +declaration +change\n {2}train +scale\.ts: half +added\n {2}train +scale\.ts: scale +added\n {2}train +train\.ts: execute +changed\n\n/mu,
    );
    const markdown = (await pipeline(own, ['diff', '1', '2', '--format', 'markdown'])).stdout;
    const page = (await pipeline(own, ['diff', '1', '2', '--format', 'html'])).stdout;
    for (const [part, change] of rows) {
      expect(markdown).toContain(`| train | ${part} | ${change} |\n`);
      expect(page).toMatch(new RegExp(`>\\s*${part}\\s*</td><td[^>]*>\\s*${change}\\s*</td>`, 'u'));
    }
    expect(await answer(own, ['diff', '1', '2'])).toMatchObject({
      ingredients: [{ node: 'train', path: 'component.code', parts: rows.map(([part, change]) => ({ part, change })) }],
    });
    // A comment is no change.
    writeFileSync(join(own, 'scale.ts'), `// Twice the half.\n${readFileSync(join(own, 'scale.ts'), 'utf8')}`);
    await runModelPipeline(own, 'a', 0.7);
    expect((await pipeline(own, ['diff', '2', '3'])).stdout).not.toContain('user code');
  });

  test.each([
    [['diff', '1', '9'], 'there is no run 9'],
    [['diff', '1'], 'missing required argument'],
    [['diff', 'a', '1'], 'whole number'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await pipeline(folder, args);
    expect([status, stderr.includes(message)]).toEqual([2, true]);
  });
});
