import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { expectRefused } from '../rig/refused.js';
import { executed, scriptStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/**
 * Notes when it starts and ends. It waits until as many of the four are at work as `wanted` says, or all have started, and a
 * moment longer, in which more would start if they could.
 */
const WAITS_FOR_OTHERS = `const fs = require('fs');
  const count = (sign) => fs.readFileSync('moments', 'utf8').split(sign).length - 1;
  fs.appendFileSync('moments', '+');
  const wait = () => {
    const isEnough = count('+') - count('-') >= Number(fs.readFileSync('wanted', 'utf8')) || count('+') === 4;
    if (!isEnough) return setTimeout(wait, 5);
    setTimeout(() => { fs.writeFileSync(process.argv[1] + '/data', process.argv[1]); fs.appendFileSync('moments', '-'); }, 50);
  };
  wait();`;

/** Most steps that ran at the same time since it was asked last. */
function mostAtOnce(folder: string): number {
  const file = join(folder, 'moments');
  let now = 0;
  let most = 0;
  for (const moment of readFileSync(file, 'utf8')) most = Math.max(most, moment === '+' ? ++now : now--);
  rmSync(file);
  return most;
}

describe('resources', () => {
  test('nodes run at the same time as long as the budget lasts', async () => {
    const folder = temporaryFolder();
    const nodes = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, scriptStep(WAITS_FOR_OTHERS, {}, { resources: { gpu: 1 } })]),
    );
    writePipeline(folder, nodes);
    const all = ['run', 'p.yaml', '--json', '--no-cache', '--jobs', '4', '--resources'];
    const atOnce = async (wanted: number, ...budget: readonly string[]): Promise<number> => {
      writeFileSync(join(folder, 'wanted'), String(wanted));
      expect((await pipeline(folder, [...all, ...budget])).status).toBe(0);
      return mostAtOnce(folder);
    };
    expect(await atOnce(1, 'cpu=4,gpu=1')).toBe(1);
    expect(await atOnce(3, 'gpu=3,memory=1GB,cpu=4')).toBe(3);
    expect(await atOnce(2, 'cpu=4,gpu=4', '--jobs', '2')).toBe(2);
  });

  test('a node that takes more than there is: refused at its place, before anything runs', async () => {
    const folder = temporaryFolder();
    const resources = { cpu: 1, memory: '900TB', gpu: 1 };
    writePipeline(folder, { small: step('small', 's'), big: step('big', 'b', {}, { resources }) });
    const { stderr } = await expectRefused(
      folder,
      ['run', 'p.yaml'],
      'out-of-range',
      "the node 'big' takes more memory than there is",
      "the node 'big' takes more gpu than there is",
    );
    expect(stderr).toMatch(/p\.yaml:5:\d+/u);
    expect(executed(folder, 'small')).toBe(0);
    expect(existsSync(join(folder, '.pipeline'))).toBe(false);
    // What is not selected is not executed.
    const enough = await pipeline(folder, ['run', 'p.yaml', '--only', 'small']);
    expect(enough.status).toBe(0);
    const told = ['run', 'p.yaml', '--resources', 'memory=900TB,gpu=1'];
    expect((await pipeline(folder, told)).status).toBe(0);
    expect(executed(folder, 'big')).toBe(1);
    // A node that says nothing takes a core.
    await expectRefused(folder, ['run', 'p.yaml', '--only', 'small', '--resources', 'cpu=0.5'], 'out-of-range');
  });

  test('are no ingredients; defaults hold where a node says nothing; resume takes --resources', async () => {
    const folder = temporaryFolder();
    const mark = "const fs = require('fs'); if (!fs.existsSync('go')) process.exit(1);";
    const late = scriptStep(`${mark} fs.writeFileSync(process.argv[1] + '/data', '')`);
    writePipeline(folder, { first: step('first', 'f'), late });
    await pipeline(folder, ['run', 'p.yaml']);
    writePipeline(folder, { first: step('first', 'f'), late }, 'demo', ['defaults: {resources: {gpu: 2}}']);
    writeFileSync(join(folder, 'go'), '');
    const refused = await pipeline(folder, ['resume']);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('takes more gpu than there is')]);
    const { status, stdout } = await pipeline(folder, ['resume', '--resources', 'gpu=2']);
    expect(status).toBe(0);
    expect(stdout).toContain('first: cached, from run 1');
  });

  test.each(['cpu', 'cpu=', 'cpu=x', 'cpus=1', 'memory=8', 'gpu=0.5', 'cpu=1,cpu=2', 'cpu=-1', ''])(
    '--resources %j is refused',
    async (text) => {
      const folder = temporaryFolder();
      writePipeline(folder, { first: step('first', 'f') });
      await expectRefused(folder, ['run', 'p.yaml', '--resources', text], 'usage', "'cpu=4,memory=8GB,gpu=1'");
    },
  );

  test('are a budget that doctor tells', async () => {
    const { stdout } = await pipeline(temporaryFolder(), ['doctor', '--json']);
    expect(stdout).toMatch(
      /"budget"[^}]*cpu=\d+,memory=\d+MB,gpu=0 for steps to share; they are scheduled by it, not held/u,
    );
  });
});
