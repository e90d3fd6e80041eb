import { beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThreeModels, models, standing, tryKilledGc } from '../faults/gc-trial.js';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { runPipeline, scriptStep, step, writePipeline } from '../rig/steps.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A store with models `a`, blessed, `b` and `c`, of three runs. */
const threeModels = sharedFolder();
beforeAll(async () => {
  await makeThreeModels(threeModels);
});

/** How each node ended in a further run. */
async function again(folder: string, weights: string, accuracy: number): Promise<readonly string[]> {
  const set = ['--set', `weights=${weights}`, '--set', `accuracy=${String(accuracy)}`];
  const { stdout } = await pipeline(folder, ['run', 'p.yaml', '--json', ...set]);
  return events(stdout)
    .map(({ type }) => String(type))
    .filter((type) => /^step-(?:cached|completed)$/u.test(type));
}

describe('pipeline gc', () => {
  test('says what would go, why, and its bytes, and changes nothing', async () => {
    const folder = temporaryFolder(threeModels);
    const { stdout } = await pipeline(folder, ['gc', '--keep-last', '1', '--dry-run']);
    expect(stdout).toMatch(
      /^would move 2 artifacts \(1\.1 kB\) to the trash:\n {2}train\.model +Model +[0-9a-f]{12} +1\.0 kB {2}last used by run 2 of models, earlier than its last complete run\n/u,
    );
    expect(stdout).toMatch(
      /4 artifacts \(2\.\d kB\) are kept: 2 of runs that are kept, 2 that blessed or pushed models came from/u,
    );
    expect(stdout).toContain('next: pipeline gc --keep-last 1\n');
    const plan = await answer(folder, ['gc', '--keep-last', '1', '--dry-run']);
    expect(plan).toMatchObject({
      dryRun: true,
      removed: [{ reason: 'earlier-runs', lastRun: 2 }, { reason: 'earlier-runs' }],
    });
    expect(models(folder)).toBe('abc');
    expect(existsSync(join(folder, '.pipeline', 'trash'))).toBe(false);
  });

  test('keeps what blessed models came from; what is gone is made again', async () => {
    const folder = temporaryFolder(threeModels);
    expect((await pipeline(folder, ['gc', '--keep-last', '1'])).status).toBe(0);
    expect(models(folder)).toBe('ac');
    expect((await answer(folder, ['artifacts', '--type', 'Model']))['artifacts']).toMatchObject([
      { artifact: 5, gone: false },
      { artifact: 3, gone: true },
      { artifact: 1, gone: false },
    ]);
    expect(await again(folder, 'a', 0.9)).toEqual(['step-cached', 'step-cached']);
    expect(await again(folder, 'b', 0.5)).toEqual(['step-completed', 'step-completed']);
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
  });

  test('--undo brings everything back as it was, --purge frees the space', async () => {
    const folder = temporaryFolder(threeModels);
    await pipeline(folder, ['gc', '--keep-last', '1']);
    expect((await pipeline(folder, ['gc', '--undo'])).stdout).toBe('brought 2 artifacts (1.1 kB) back\n');
    expect(models(folder)).toBe('abc');
    expect(await again(folder, 'b', 0.5)).toEqual(['step-cached', 'step-cached']);
    await pipeline(folder, ['gc', '--max-size', '1B']);
    expect(models(folder)).toBe('ab');
    expect((await pipeline(folder, ['gc', '--purge'])).stdout).toMatch(/^freed 1\.\d kB\n$/u);
    expect((await pipeline(folder, ['gc', '--undo'])).stdout).toContain('the trash is empty');
    expect(readdirSync(join(folder, '.pipeline', 'trash'))).toEqual([]);
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
  });

  test.each([
    ['an artifact', { artifacts: [{ digest: '../../../p.yaml', bytes: 1, executions: [] }], quarantined: [] }],
    ['a folder', { artifacts: [], quarantined: ['../../../p.yaml'] }],
    ['a path', { artifacts: [], quarantined: ['a/b'] }],
    ['no names', { artifacts: 'all', quarantined: {} }],
  ])('--undo refuses a journal that names %s elsewhere', async (_, journal) => {
    const folder = temporaryFolder(threeModels);
    await pipeline(folder, ['gc', '--keep-last', '1']);
    writeFileSync(
      join(folder, '.pipeline', 'trash', '1', 'journal.json'),
      JSON.stringify({ version: 1, at: 0, ...journal }),
    );
    const { status, stderr } = await pipeline(folder, ['gc', '--undo']);
    expect([status, stderr.includes('damaged-trash')]).toEqual([1, true]);
    expect(existsSync(join(folder, 'p.yaml'))).toBe(true);
  });

  test('--purge also removes user code that only made what is gone', async () => {
    const folder = temporaryFolder();
    const kept = (): readonly string[] => readdirSync(join(folder, '.pipeline', 'code')).sort();
    writeModelPipeline(folder);
    await runModelPipeline(folder, 'b', 0.5);
    const old = kept();
    const code = readFileSync(join(folder, 'train.ts'), 'utf8');
    writeFileSync(join(folder, 'train.ts'), code.replace('few', 'too few'));
    await runModelPipeline(folder, 'c', 0.5);
    const all = kept();
    expect([old.length, all.length]).toEqual([2, 3]);
    for (const name of all) {
      const text = readFileSync(join(folder, '.pipeline', 'code', name), 'utf8');
      expect(name).toBe(`${createHash('sha256').update(text).digest('hex')}.json`);
    }
    await pipeline(folder, ['gc', '--keep-last', '1']);
    expect(kept()).toEqual(all);
    await pipeline(folder, ['gc', '--purge']);
    expect(kept()).toHaveLength(2);
    expect(kept().filter((name) => !old.includes(name))).toHaveLength(1);
    expect((await pipeline(folder, ['run', 'p.yaml', '--set', 'weights=c', '--set', 'accuracy=0.5'])).status).toBe(0);
  });

  test('takes out what no run has recorded, and what was set aside as damaged', async () => {
    const folder = temporaryFolder(threeModels);
    const stray = join(folder, '.pipeline', 'artifacts', 'e'.repeat(64));
    mkdirSync(stray);
    writeFileSync(join(stray, 'data'), 'x');
    const damaged = join(folder, '.pipeline', 'artifacts', standing(folder)[0] ?? '', 'blessing.json');
    const other = join(folder, '.pipeline', 'artifacts', standing(folder)[0] ?? '', 'weights.txt');
    const file = existsSync(damaged) ? damaged : other;
    chmodSync(file, 0o644);
    writeFileSync(file, 'damaged');
    const size = (await pipeline(folder, ['verify'])).status;
    expect(size).toBe(1);
    // The stray folder, which has no manifest, was set aside too.
    expect(await answer(folder, ['gc'])).toMatchObject({ removed: [], quarantined: [{}, {}] });
    expect(readdirSync(join(folder, '.pipeline', 'quarantine'))).toEqual([]);
    await pipeline(folder, ['gc', '--undo']);
    expect(readdirSync(join(folder, '.pipeline', 'quarantine'))).toHaveLength(2);
    mkdirSync(stray);
    expect(await answer(folder, ['gc', '--dry-run'])).toMatchObject({ removed: [{ reason: 'unrecorded' }] });
  });

  // Of the instants that it can be killed at, one in eleven; gc.full.ts tries all.
  test('a kill at any instant loses nothing: what was begun is taken back or goes on', async () => {
    for (let at = 1, ended = false; !ended; at += 11) {
      const trial = await tryKilledGc(temporaryFolder(threeModels), at);
      expect(trial.problems).toEqual([]);
      ended = trial.ended;
    }
  }, 300_000);

  test('takes nothing that a running pipeline uses or has written', async () => {
    const folder = temporaryFolder();
    const slow = scriptStep(
      "const fs = require('fs'); fs.writeFileSync(process.argv[1] + '/data', 'half'); console.log('waiting'); setInterval(() => { if (fs.existsSync('go')) process.exit(); }, 10)",
      { in: 'first.report' },
    );
    const last = step('last', 'c', { in: 'slow.report' });
    writePipeline(folder, {
      first: step('first', 'a'),
      slow: scriptStep("require('fs').writeFileSync(process.argv[1] + '/data', 'half')", { in: 'first.report' }),
      last,
    });
    await runPipeline(folder);
    writePipeline(folder, { first: step('first', 'b') });
    await runPipeline(folder);
    // In this run `last` will be found in the first run, which lets it go meanwhile.
    writePipeline(folder, { first: step('first', 'a'), slow, last });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    let output = '';
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('waiting')) resolve();
      });
    });
    const { removed, kept } = await answer(folder, ['gc', '--keep-last', '1']);
    expect((removed as { node: string }[]).map(({ node }) => node).sort()).toEqual(['last', 'slow']);
    expect((kept as { reason: string }[]).map(({ reason }) => reason)).toContain('running');
    await pipeline(folder, ['gc', '--purge']);
    writeFileSync(join(folder, 'go'), '');
    expect(await ended).toBe(0);
    expect(output).toMatch(/"type":"step-completed","node":"last"/u);
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
  });

  test('a run warns of a store that has grown large, and names the command', async () => {
    const folder = temporaryFolder(threeModels);
    const small = await pipeline(folder, ['run', 'p.yaml'], { PIPELINE_STORE_LIMIT: '1MB' });
    expect(small).toMatchObject({ status: 0, stderr: '' });
    const large = await pipeline(folder, ['run', 'p.yaml'], { PIPELINE_STORE_LIMIT: '1 kB' });
    expect(large.status).toBe(0);
    expect(large.stderr).toMatch(/take \d+\.\d kB, more than 1 kB\nnext: pipeline gc --max-size 1kB --dry-run says/u);
    expect((await pipeline(folder, ['gc', '--max-size', '1kB', '--dry-run'])).status).toBe(0);
    const refused = await pipeline(folder, ['run', 'p.yaml'], { PIPELINE_STORE_LIMIT: 'much' });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('bad-store-limit');
  });

  test.each([
    [['--max-age', '30'], /duration with its unit/u],
    [['--max-size', '10'], /size with its unit/u],
    [['--keep-last', '0'], /at least 1/u],
    [['--undo', '--purge'], /cannot be used with/u],
    [['--purge', '--dry-run'], /cannot be used with/u],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await pipeline(temporaryFolder(), ['gc', ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
