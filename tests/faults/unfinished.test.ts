/**
 * Commands that write outside the store and are killed: what they leave goes with the next of their kind.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { faultsOf } from './stored.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Names below a folder of what was not finished. */
function left(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tmp(?:\/|$)/u.test(path));
}

/** A folder with a run and its archive. */
const workplace = sharedFolder();
beforeAll(async () => {
  writeModelPipeline(workplace);
  await runModelPipeline(workplace, 'a', 0.9);
  expect((await pipeline(workplace, ['export', '1', '--output', 'given.tar.gz'])).status).toBe(0);
});

/** Which changes a command makes to what is not finished, counted from 1. */
async function changesOf(folder: string, args: readonly string[]): Promise<readonly number[]> {
  const file = join(folder, 'changes');
  writeFileSync(file, '');
  const { status, stderr } = await pipeline(folder, args, { PIPELINE_FAULT: `EIO@0:${file}` });
  expect([status, stderr]).toEqual([0, '']);
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => (/\/\.pipeline-[\w-]+\.[0-9a-f]{8}\.tmp(?:\/|$)/u.test(line) ? [index + 1] : []));
}

describe('a command that is killed while it writes', () => {
  test.each([
    ['report', ['report', '1', '--output', 'out/page.html']],
    ['checkout into a new folder', ['checkout', '1', '--output', 'out/models']],
    ['checkout into a folder that is there', ['checkout', '1', '--output', 'out', '--force']],
    ['export', ['export', '1', '--output', 'out/run.tar.gz', '--force']],
    ['import into a new store', ['import', 'given.tar.gz', '--root', 'out/store', '--files', 'out/files']],
  ])(
    '%s: leaves what the next one removes',
    async (_, args) => {
      // The files of an import may have come into place just before.
      const again = args.map((arg) => (arg === 'out/files' ? 'out/others' : arg));
      const first = temporaryFolder(workplace);
      mkdirSync(join(first, 'out'));
      const changes = await changesOf(first, args);
      expect(changes.length).toBeGreaterThan(1);
      expect(left(first)).toEqual([]);
      // The first, the last, and one between.
      const tried = new Set([0, 0.5, 1].map((at) => changes[Math.floor(at * (changes.length - 1))] ?? 0));
      let everLeft = 0;
      for (const at of tried) {
        const folder = temporaryFolder(workplace);
        mkdirSync(join(folder, 'out'));
        const fault = `SIGKILL@${String(at)}:${join(folder, 'changes')}`;
        expect((await pipeline(folder, args, { PIPELINE_FAULT: fault })).status).toBeNull();
        everLeft += left(folder).length;
        expect(await pipeline(folder, again)).toMatchObject({ status: 0, stderr: '' });
        expect(left(folder)).toEqual([]);
      }
      expect(everLeft).toBeGreaterThan(0);
    },
    120_000,
  );

  test('import into a store that is there: leaves what the next one removes', async () => {
    const folder = temporaryFolder(workplace);
    const other = temporaryFolder(workplace);
    const args = ['import', join(other, 'given.tar.gz')];
    const staging = (): readonly string[] => readdirSync(join(folder, '.pipeline', 'staging'));
    const killed = await pipeline(folder, args, { PIPELINE_FAULT: `SIGKILL@6:${join(folder, 'changes')}` });
    expect([killed.status, staging().length]).toEqual([null, 1]);
    expect(await pipeline(folder, args)).toMatchObject({ status: 0, stderr: '' });
    expect(staging()).toEqual([]);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });

  test('what a living process, one of another machine or somebody else has named so stays', async () => {
    const folder = temporaryFolder(workplace);
    const named = (owner: object): string =>
      `.pipeline-${Buffer.from(JSON.stringify(owner)).toString('base64url')}.01234567.tmp`;
    const started = readFileSync(`/proc/${String(process.pid)}/stat`, 'utf8')
      .replace(/^.*\) /u, '')
      .split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stay = [
      named({ pid: process.pid, started, boot, host: hostname() }),
      named({ pid: 1, started: '1', boot: 'other', host: 'elsewhere.example' }),
      '.pipeline-notes.tmp',
      'page.html.0f5e.tmp',
    ];
    const go = named({ pid: process.pid, started: 'before', boot, host: hostname() });
    for (const name of [...stay, go]) writeFileSync(join(folder, name), 'x');
    expect((await pipeline(folder, ['report', '1'])).status).toBe(0);
    expect([...left(folder)].sort()).toEqual([...stay].sort());
  });
});
