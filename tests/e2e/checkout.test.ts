import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { contents, expectRefused } from '../rig/refused.js';
import { runPipeline, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

async function folderWithRuns(): Promise<string> {
  const folder = temporaryFolder();
  writeModelPipeline(folder);
  await runModelPipeline(folder, 'first', 0.9);
  await runModelPipeline(folder, 'second', 0.9);
  return folder;
}

/** The file of a model in the store. */
function storedModel(folder: string): string {
  const artifacts = join(folder, '.pipeline', 'artifacts');
  const found = readdirSync(artifacts).find((name) => existsSync(join(artifacts, name, 'weights.txt')));
  return join(artifacts, found ?? '', 'weights.txt');
}

describe('pipeline checkout', () => {
  test('puts the artifacts of a past run into a folder, as files of their own', async () => {
    const folder = await folderWithRuns();
    const { status, stdout } = await pipeline(folder, ['checkout', '1']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^2 artifacts of run 1 \(.*\) in run-1, by (copying|reflink)/u);
    const model = join(folder, 'run-1', 'train', 'model', 'weights.txt');
    expect(readFileSync(model, 'utf8')).toBe('first'.repeat(1000));
    expect(readdirSync(join(folder, 'run-1')).sort()).toEqual(['judge', 'train']);
    writeFileSync(model, 'mine');
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  test('takes one node, and keeps what is there unless it is forced', async () => {
    const folder = await folderWithRuns();
    expect(await answer(folder, ['checkout', '1', 'train', '-o', 'out'])).toMatchObject({
      type: 'checkout',
      artifacts: [{ path: 'train/model' }],
    });
    writeFileSync(join(folder, 'out', 'note.txt'), 'mine');
    await expectRefused(folder, ['checkout', '2', '-o', 'out'], 'exists', 'train/model is there already');
    expect((await pipeline(folder, ['checkout', '2', '-o', 'out', '--force'])).status).toBe(0);
    expect(readFileSync(join(folder, 'out', 'train', 'model', 'weights.txt'), 'utf8')).toBe('second'.repeat(1000));
    expect(readFileSync(join(folder, 'out', 'note.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['judge', 'note.txt', 'train']);
  });

  test('links the files of the store where that is asked for', async () => {
    const folder = await folderWithRuns();
    const { stdout } = await pipeline(folder, ['checkout', '2', 'train', '--hard-links']);
    expect(stdout).toContain('by hard links');
    const model = join(folder, 'run-2', 'train', 'model', 'weights.txt');
    const inodes = readdirSync(join(folder, '.pipeline', 'artifacts'))
      .map((name) => join(folder, '.pipeline', 'artifacts', name, 'weights.txt'))
      .filter((path) => existsSync(path))
      .map((path) => statSync(path).ino);
    expect(inodes).toContain(statSync(model).ino);
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
  });

  test('gives the elements of a list and the instances of a node folders of their own', async () => {
    const folder = temporaryFolder();
    writePipeline(folder, { train: step('train', 't', {}, { for_each: { mode: ['a', 'b'] } }) });
    await runPipeline(folder);
    expect((await pipeline(folder, ['checkout', '1', 'train', '-o', 'out'])).status).toBe(0);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['train[a]', 'train[b]']);
  });

  test('leaves nothing when an artifact is damaged', async () => {
    const folder = temporaryFolder();
    writeModelPipeline(folder);
    await runModelPipeline(folder, 'only', 0.9);
    const file = storedModel(folder);
    chmodSync(file, 0o644);
    writeFileSync(file, 'only'.repeat(999) + 'ONLY');
    const before = contents(folder);
    const { status, stderr } = await pipeline(folder, ['checkout', '1']);
    expect([status, stderr.includes('error[damaged]')]).toEqual([1, true]);
    expect(contents(folder)).toEqual(before);
  });

  test('refuses what is not there', async () => {
    const folder = await folderWithRuns();
    await expectRefused(folder, ['checkout', '9'], 'no-run');
    await expectRefused(folder, ['checkout', '1', 'trian'], 'no-execution', "did you mean 'train'");
  });
});
