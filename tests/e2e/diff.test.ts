import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { makeWritable } from '../rig/temp-folder.js';

// One store for all: the command changes nothing.
const folder = mkdtempSync(join(tmpdir(), 'pipeline-test-'));

beforeAll(async () => {
  writeModelPipeline(folder);
  await runModelPipeline(folder, 'a|<b>', 0.7);
  await runModelPipeline(folder, 'longer', 0.9);
  await runModelPipeline(folder, 'longer', 0.9);
});

afterAll(() => {
  makeWritable(folder);
  rmSync(folder, { recursive: true, force: true });
});

describe('pipeline diff', () => {
  test('says what changed, from what to what', async () => {
    const { status, stdout } = await pipeline(folder, ['diff', '1', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^before: run 1 of models, complete, .*\nafter: {2}run 2 of models/u);
    expect(stdout).toMatch(/^ {2}weights +"a\|<b>" +"longer"$/mu);
    expect(stdout).toMatch(/^ {2}train +params\.accuracy +0\.7 +0\.9$/mu);
    expect(stdout).toMatch(/^ {2}judge\.accuracy +0\.7 +0\.9 +\+0\.2$/mu);
    expect(stdout).toMatch(/^ {2}train\.epochs +3 +3 +=$/mu);
    expect(stdout).toMatch(/^ {2}train\.model +[0-9a-f]{12}, 5\.0 kB +[0-9a-f]{12}, 6\.0 kB +\+1\.0 kB$/mu);
  });

  test('the other way around, and of runs that made the same', async () => {
    expect((await pipeline(folder, ['diff', '2', '1'])).stdout).toMatch(/^ {2}judge\.accuracy +0\.9 +0\.7 +-0\.2$/mu);
    expect(await answer(folder, ['diff', '2', '3'])).toMatchObject({
      type: 'diff',
      before: { run: 2 },
      after: { run: 3 },
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

  test.each([
    [['diff', '1', '9'], 'there is no run 9'],
    [['diff', '1'], 'missing required argument'],
    [['diff', 'a', '1'], 'whole number'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await pipeline(folder, args);
    expect([status, stderr.includes(message)]).toEqual([2, true]);
  });
});
