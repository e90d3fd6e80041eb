import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { executed, failingStep, runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const names = ['a', 'b', 'c', 'side'];

/** a → b → c, and `side` beside them. */
const chain = {
  a: step('a', 'a'),
  b: step('b', 'b', { in: 'a.report' }),
  c: step('c', 'c', { in: 'b.report' }),
  side: step('side', 's', { in: 'a.report' }),
};

function counts(folder: string): readonly number[] {
  return names.map((name) => executed(folder, name));
}

describe('pipeline run', () => {
  test('--to executes a node with what it needs, and nothing else', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    expect(await run(folder, '--to', 'b')).toEqual({ a: 'completed', b: 'completed' });
    expect(counts(folder)).toEqual([1, 1, 0, 0]);
  });

  test('--from executes a node with what comes after it, on outputs of earlier runs', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    await run(folder, '--to', 'a');
    expect(await run(folder, '--from', 'b')).toEqual({ a: 'cached', b: 'completed', c: 'completed' });
    expect(counts(folder)).toEqual([1, 1, 1, 0]);
  });

  test('--from and --to together execute what lies between; --only just the nodes named', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    await run(folder, '--to', 'a');
    expect(await run(folder, '--from', 'b', '--to', 'b')).toEqual({ a: 'cached', b: 'completed' });
    expect(await run(folder, '--only', 'side', '--only', 'c')).toEqual({
      a: 'cached',
      b: 'cached',
      c: 'completed',
      side: 'completed',
    });
    expect(counts(folder)).toEqual([1, 1, 1, 1]);
  });

  test('--exclude leaves out a node and what comes after it', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    expect(await run(folder, '--exclude', 'b')).toEqual({ a: 'completed', side: 'completed' });
    expect(counts(folder)).toEqual([1, 0, 0, 1]);
  });

  test('a node that is needed but not selected is never executed: the run fails and says what to do', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    expect(await run(folder, '--only', 'b')).toEqual({ a: 'failed', b: 'abandoned' });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--only', 'b']);
    expect(status).toBe(1);
    expect(stdout).toContain('a[not-selected]: it is not selected, and no earlier run has made what is needed of it');
    expect((await pipeline(folder, ['explain', 'a'])).stdout).toMatch(
      /^a failed in run 2 before it was executed: it is not selected/u,
    );
    expect(counts(folder)).toEqual([0, 0, 0, 0]);
  });

  test('--force and --no-cache execute selected nodes only', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    await run(folder);
    expect(await run(folder, '--only', 'b', '--no-cache')).toEqual({ a: 'cached', b: 'completed' });
    expect(await run(folder, '--from', 'b', '--force', 'b')).toEqual({ a: 'cached', b: 'completed', c: 'cached' });
    expect(counts(folder)).toEqual([1, 3, 1, 1]);
  });

  test('refuses names that are not there, and selections that contradict themselves: status 2, nothing executed', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    const refused = async (...more: readonly string[]): Promise<string> => {
      const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', ...more]);
      expect(status).toBe(2);
      return stderr;
    };
    expect(await refused('--to', 'sied')).toMatch(/unknown-node.*'sied'[^]*did you mean 'side'/u);
    expect(await refused('--only', 'a', '--exclude', 'a')).toContain('nothing-selected');
    expect(await refused('--only', 'a', '--force', 'b')).toContain('not-selected');
    expect(await refused('--only', 'a', '--from', 'b')).toContain('cannot be used with');
    expect(await refused('--fail-fast', '--keep-going')).toContain('cannot be used with');
    expect(existsSync(join(folder, '.pipeline'))).toBe(false);
  });

  test('goes on after a failure with what does not need it; with --fail-fast nothing new starts', async () => {
    const folder = temporaryFolder();
    const nodes = { bad: failingStep, a: chain.a, b: chain.b };
    write(folder, nodes);
    expect(await run(folder, '--jobs', '1', '--fail-fast')).toEqual({ bad: 'failed', a: 'abandoned', b: 'abandoned' });
    expect(counts(folder)).toEqual([0, 0, 0, 0]);
    expect(await run(folder, '--jobs', '1', '--keep-going')).toEqual({ bad: 'failed', a: 'completed', b: 'completed' });
  });

  test('--fail-fast lets what runs already come to its end', async () => {
    const folder = temporaryFolder();
    // Waits until the other step has failed, by the sign that it gives last.
    const slow = scriptStep(
      "const fs = require('fs'); const wait = () => fs.existsSync('failing') ? fs.writeFileSync(process.argv[1] + '/data', '') : setTimeout(wait, 5); wait();",
    );
    const bad = scriptStep("require('fs').writeFileSync('failing', ''); process.exit(3)");
    write(folder, { slow, bad, after: step('a', 'x', { in: 'slow.report' }) });
    expect(await run(folder, '--jobs', '2', '--fail-fast')).toEqual({
      slow: 'completed',
      bad: 'failed',
      after: 'abandoned',
    });
  });

  test('--dry-run says what would happen, with the same options, and writes nothing', async () => {
    const folder = temporaryFolder();
    write(folder, chain);
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--dry-run', '--to', 'b']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^▸ run +a +unknown +first run\n· wait +b +unknown +cached if a comes out the same\n/u);
    expect(existsSync(join(folder, '.pipeline'))).toBe(false);
    await run(folder);
    const forced = await pipeline(folder, ['run', 'p.yaml', '--dry-run', '--force', 'side', '--json']);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      nodes: [
        { node: 'a', action: 'cached' },
        { node: 'b', action: 'cached' },
        { node: 'c', action: 'cached' },
        { node: 'side', action: 'run', reason: 'forced' },
      ],
    });
    expect(counts(folder)).toEqual([1, 1, 1, 1]);
  });
});
