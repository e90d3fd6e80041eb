import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { retryPause } from '../../runner/execution/retry-pause.js';
import { events, pipeline } from '../rig/cli.js';
import { executed, runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Fails until it was tried so often. */
function flaky(times: number, more: object): string {
  return scriptStep(
    `const fs = require('fs'); fs.appendFileSync('tries', 'x'); if (fs.readFileSync('tries', 'utf8').length < ${String(times)}) process.exit(7); fs.writeFileSync(process.argv[1] + '/data', '')`,
    {},
    { ...more },
  );
}

const tries = (folder: string): number => readFileSync(join(folder, 'tries'), 'utf8').length;

describe('retries', () => {
  test('try a failed step again, after pauses that grow, until it succeeds', async () => {
    const folder = temporaryFolder();
    write(folder, {
      flaky: flaky(3, { retries: { times: 5, pause: '4ms' } }),
      after: step('after', 'a', { in: 'flaky.report' }),
    });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json']);
    expect(status).toBe(0);
    const retried = events(stdout).filter(({ type }) => type === 'step-retry');
    expect(retried).toMatchObject([{ attempt: 1, failure: { code: 'program-failed' } }, { attempt: 2 }]);
    expect(tries(folder)).toBe(3);
    const shown = await pipeline(folder, ['show', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ executions: [{ node: 'flaky', attempts: 3 }, { node: 'after' }] });
  });

  test('end: then the step has failed, and what needs it is given up', async () => {
    const folder = temporaryFolder();
    write(folder, { flaky: flaky(9, {}), after: step('after', 'a', { in: 'flaky.report' }) }, 'demo', [
      'defaults: {retries: {times: 2, pause: 1ms}}',
    ]);
    expect(await run(folder)).toEqual({ flaky: 'failed', after: 'abandoned' });
    expect(tries(folder)).toBe(3);
  });

  test('wait twice as long each time, less up to a half, the same for the same step', () => {
    for (const attempt of [1, 2, 3, 4]) {
      const pause = retryPause('a step', attempt, 1000);
      expect(pause).toBeGreaterThanOrEqual(500 * 2 ** (attempt - 1));
      expect(pause).toBeLessThanOrEqual(1000 * 2 ** (attempt - 1));
      expect(retryPause('a step', attempt, 1000)).toBe(pause);
    }
    expect(retryPause('one', 1, 1000)).not.toBe(retryPause('another', 1, 1000));
    expect(retryPause('a step', 100, 1000)).toBeLessThanOrEqual(600_000);
  });
});

describe('timeout', () => {
  test('ends a program that takes longer, with all that it started', async () => {
    const folder = temporaryFolder();
    const endless = scriptStep('setInterval(() => 0, 1000)', {}, { timeout: '300ms' });
    write(folder, { endless, other: step('other', 'o') });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stdout).toContain('endless[timeout]: the step took longer than its timeout of 300ms');
    expect(executed(folder, 'other')).toBe(1);
  });
});

describe('pipeline resume', () => {
  const needsFile = scriptStep(
    "const fs = require('fs'); if (!fs.existsSync('go')) process.exit(3); fs.writeFileSync(process.argv[1] + '/data', process.argv[2])",
  ).replace('"${outputs.report}"]', '"${outputs.report}","word-${params.word}"]');

  test('goes on with the file and the params of the run that failed; what was finished stays done', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'f'), late: needsFile }, 'demo', ['params: {word: default}']);
    expect(await run(folder, '--set', 'word="a: [b]"')).toEqual({ first: 'completed', late: 'failed' });
    writeFileSync(join(folder, 'go'), '');
    const { status, stdout } = await pipeline(folder, ['resume', '--json']);
    expect(status).toBe(0);
    expect(events(stdout).filter(({ type }) => /step-(cached|completed)/u.test(String(type)))).toMatchObject([
      { type: 'step-cached', node: 'first' },
      { type: 'step-completed', node: 'late' },
    ]);
    expect(executed(folder, 'first')).toBe(1);
    const shown = await pipeline(folder, ['show', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: 2, params: { word: 'a: [b]' }, state: 'COMPLETE' });
    // By its number, too: run 1 has still failed.
    expect((await pipeline(folder, ['resume', '1'])).status).toBe(0);
  });

  test('writes what run writes: metrics and a page; and says before what it would do', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'f'), late: needsFile }, 'demo', ['params: {word: x}']);
    await run(folder);
    const planned = await pipeline(folder, ['resume', '--dry-run']);
    expect(planned.status).toBe(0);
    expect(planned.stdout).toMatch(/cached +first[^]*run +late/u);
    expect(executed(folder, 'first')).toBe(1);
    const failed = await pipeline(folder, ['resume', '--metrics-file', 'run.prom', '--report', 'run.html']);
    expect(failed.status).toBe(1);
    expect(readFileSync(join(folder, 'run.prom'), 'utf8')).toContain('tfjs_pipelines_run_success{pipeline="demo"} 0');
    writeFileSync(join(folder, 'go'), '');
    const { status } = await pipeline(folder, ['resume', '--metrics-file', 'run.prom', '--report', 'run.html']);
    expect(status).toBe(0);
    expect(readFileSync(join(folder, 'run.prom'), 'utf8')).toContain('tfjs_pipelines_run_success{pipeline="demo"} 1');
    expect(readFileSync(join(folder, 'run.html'), 'utf8')).toContain('<html');
    const refused = await pipeline(folder, ['resume', '1', '--metrics-file', 'nowhere/run.prom']);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('bad-metrics-file')]);
    expect((await pipeline(folder, ['resume', '1', '--dry-run', '--report', 'x.html'])).status).toBe(2);
  });

  test('has nothing to do where all is complete, or nothing has run: status 2', async () => {
    const folder = temporaryFolder();
    expect(await pipeline(folder, ['resume'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no-store'),
    });
    expect(existsSync(join(folder, '.pipeline'))).toBe(false);
    write(folder, { first: step('first', 'f') });
    await run(folder);
    for (const args of [['resume'], ['resume', '1']]) {
      const { status, stderr } = await pipeline(folder, args);
      expect([status, stderr]).toEqual([2, expect.stringContaining('nothing-to-resume')]);
    }
    expect((await pipeline(folder, ['resume', '9'])).stderr).toContain('there is no run 9');
  });
});
