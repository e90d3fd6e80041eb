/**
 * A store of every released format stays readable: what was recorded is told, what was made is used again.
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { extract } from 'tar';
import { STORE_FORMAT } from '../../artifacts/store/store-root.js';
import { ARCHIVE_FORMAT } from '../../runner/history/archive/archive-format.js';
import { faultsOf, filesBelow } from '../faults/stored.js';
import { events, pipeline } from '../rig/cli.js';
import { runPipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const here = resolve('tests/golden-stores');
const formats = readdirSync(here).flatMap((name) => /^format-(\d+)\.tar\.gz$/u.exec(name)?.[1] ?? []);

test('there is a store of every format', () => {
  expect(formats.map(Number).sort((a, b) => a - b)).toEqual(
    Array.from({ length: STORE_FORMAT }, (_, index) => index + 1),
  );
});

describe.each(formats)('a store of format %s', (format) => {
  async function unpacked(): Promise<string> {
    const folder = temporaryFolder();
    await extract({ file: join(here, `format-${format}.tar.gz`), cwd: folder });
    return folder;
  }

  async function answer(folder: string, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const { status, stdout, stderr } = await pipeline(folder, [...args, '--json']);
    expect([args, status, stderr]).toEqual([args, 0, '']);
    return events(stdout)[0] ?? {};
  }

  test('is read by all that look back, and nothing in it changes', async () => {
    const folder = await unpacked();
    const before = filesBelow(join(folder, '.pipeline', 'artifacts'));
    expect(await answer(folder, 'runs')).toMatchObject({
      runs: [
        { run: 3, state: 'FAILED', params: { word: 'none' } },
        { run: 2, state: 'COMPLETE' },
        { run: 1, state: 'COMPLETE', pipeline: 'golden', file: 'p.yaml', params: { word: 'word' } },
      ],
    });
    expect(await answer(folder, 'show', '1')).toMatchObject({
      executions: [
        { node: 'words', component: 'Words', state: 'COMPLETE', outputs: [{ type: 'File', properties: { words: 2 } }] },
        { node: 'count', state: 'COMPLETE', metrics: { letters: 9 }, inputs: [{ port: 'words' }] },
        { node: 'extra', state: 'SKIPPED' },
      ],
    });
    expect(await answer(folder, 'show', '2')).toMatchObject({
      executions: [{ state: 'CACHED', cachedFrom: 1 }, { state: 'CACHED', cachedFrom: 2 }, { state: 'SKIPPED' }],
    });
    expect(await answer(folder, 'show', '3')).toMatchObject({
      executions: [{ node: 'words', state: 'FAILED', failure: { code: 'no-word', message: 'there is no word' } }],
    });
    const lineage = await pipeline(folder, ['lineage', 'count.report', '--run', '1']);
    expect(lineage).toMatchObject({ status: 0, stdout: expect.stringContaining('words.report') });
    const explained = await pipeline(folder, ['explain', 'words', '--run', '3']);
    expect(explained).toMatchObject({ status: 0, stdout: expect.stringContaining('params.word') });
    expect((await pipeline(folder, ['logs', '1', 'count'])).stdout).toContain('9 letters');
    expect(await answer(folder, 'verify')).toMatchObject({ sound: 2 });
    expect(filesBelow(join(folder, '.pipeline', 'artifacts'))).toEqual(before);
  });

  test('is used by a run: what was made is cached', async () => {
    const folder = await unpacked();
    expect(await runPipeline(folder)).toEqual({ words: 'cached', count: 'cached', extra: 'skipped' });
    expect(await runPipeline(folder, '--set', 'word=other')).toMatchObject({ words: 'completed', count: 'completed' });
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });
});

describe('archives of runs', () => {
  const archives = readdirSync(here).filter((name) => name.startsWith('archive-of-format-'));

  test('there is one of every format', () => {
    expect(archives).toEqual(
      Array.from({ length: ARCHIVE_FORMAT }, (_, index) => `archive-of-format-${String(index + 1)}.tar.gz`),
    );
  });

  test.each(archives)('%s is taken in, and its steps are cached', async (name) => {
    const folder = temporaryFolder();
    const { status } = await pipeline(folder, ['import', join(here, name), '--files', 'files']);
    expect(status).toBe(0);
    const files = join(folder, 'files');
    const run = await pipeline(files, ['run', 'p.yaml', '--json', '--root', '../.pipeline']);
    expect(events(run.stdout).filter(({ type }) => type === 'step-cached')).toMatchObject([
      { node: 'words' },
      { node: 'count' },
    ]);
    const logs = await pipeline(folder, ['logs', '1', 'count']);
    expect(logs.status).toBe(0);
    // The first format had none.
    expect(logs.stdout.includes('9 letters')).toBe(!name.includes('format-1.'));
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });
});
