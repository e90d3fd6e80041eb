/**
 * Processes of steps that die in the middle of their work, or leave others behind.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { ownComponent } from '../rig/own-component.js';
import { untilEnded, untilGone, untilSays } from '../rig/processes.js';
import { runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { faultsOf } from './stored.js';

const temporaryFolder = temporaryFolders();

async function failureOf(folder: string, node: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1'], env);
  expect(status).toBe(1);
  return events(stdout).find((event) => event['type'] === 'step-failed' && event['node'] === node)?.['failure'];
}

describe('a worker process', () => {
  test('that is killed: the step fails and says so, others go on; the next run starts from what is finished', async () => {
    const folder = temporaryFolder();
    const body = "if (once('killed')) process.kill(process.pid, 'SIGKILL'); write('x');";
    const dies = ownComponent(folder, 'dies', body, { runsIn: 'worker' });
    write(folder, { first: step('first', 'a'), dies, after: step('after', 'b', { in: 'dies.report' }) });
    expect(await failureOf(folder, 'dies')).toMatchObject({
      code: 'worker-died',
      message: 'the process of the step was ended by SIGKILL',
    });
    expect(await run(folder)).toEqual({ first: 'cached', dies: 'completed', after: 'completed' });
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });

  test('that is killed while another process holds its output: the run does not wait for that', async () => {
    const folder = temporaryFolder();
    const body = `
      const left = spawn('sleep', ['1000'], { stdio: 'inherit', detached: true });
      fs.writeFileSync(join(baseDir, 'left'), String(left.pid));
      process.kill(process.pid, 'SIGKILL');`;
    write(folder, { dies: ownComponent(folder, 'dies', body, { runsIn: 'worker' }) });
    expect(await failureOf(folder, 'dies')).toMatchObject({ code: 'worker-died' });
    process.kill(Number(readFileSync(join(folder, 'left'), 'utf8')), 'SIGKILL');
  });

  test('that is killed: a retry has a new one', async () => {
    const folder = temporaryFolder();
    const body = "if (once('killed')) process.kill(process.pid, 'SIGKILL'); write('x');";
    const dies = ownComponent(folder, 'dies', body, { runsIn: 'worker' });
    write(folder, { dies: JSON.stringify({ ...JSON.parse(dies), retries: { times: 1, pause: '1ms' } }) });
    expect(await run(folder)).toEqual({ dies: 'completed' });
  });

  test('that is killed between two steps: the next step has a new one', async () => {
    const folder = temporaryFolder();
    const one = ownComponent(
      folder,
      'one',
      "fs.writeFileSync(join(baseDir, 'worker'), String(process.pid)); write('1');",
      {
        runsIn: 'worker',
      },
    );
    const kill = "process.kill(Number(fs.readFileSync(join(baseDir, 'worker'), 'utf8')), 'SIGKILL'); write('k');";
    write(folder, {
      one,
      kill: ownComponent(folder, 'kill', kill, { from: 'one.report' }),
      two: ownComponent(folder, 'two', "write('2');", { runsIn: 'worker', from: 'kill.report' }),
    });
    expect(await run(folder)).toEqual({ one: 'completed', kill: 'completed', two: 'completed' });
  });

  test('that runs out of memory: the step fails, its log says why, the run ends', async () => {
    const folder = temporaryFolder();
    const body = 'const all = []; for (;;) all.push(Array.from({ length: 100_000 }, (_, i) => i + Math.random()));';
    write(folder, { first: step('first', 'a'), greedy: ownComponent(folder, 'greedy', body, { runsIn: 'worker' }) });
    const env = { NODE_OPTIONS: '--max-old-space-size=96' };
    expect(await failureOf(folder, 'greedy', env)).toMatchObject({
      code: 'out-of-memory',
      hint: expect.stringContaining('--max-old-space-size'),
    });
    expect(readFileSync(join(folder, '.pipeline', 'logs', 'run-1', 'greedy.log'), 'utf8')).toContain(
      'heap out of memory',
    );
    expect(faultsOf(join(folder, '.pipeline')).filter((fault) => !fault.startsWith('checkpoints/'))).toEqual([]);
    expect(await run(folder, '--to', 'first')).toEqual({ first: 'cached' });
  });
});

/** Starts a program that runs for ever, and notes its number. */
const LEAVES = {
  'in its group': "spawn('sleep', ['1000'], { stdio: 'inherit' })",
  'in a group of its own': "spawn('sleep', ['1000'], { stdio: 'inherit', detached: true })",
  'in a group of its own, without a word': "spawn('sleep', ['1000'], { stdio: 'ignore', detached: true })",
};

describe('processes that a step leaves behind are ended, and the run ends', () => {
  const note = (start: string): string =>
    `const left = ${start}; left.unref(); fs.writeFileSync(join(baseDir, 'left'), String(left.pid)); write('x');`;

  test.each(Object.entries(LEAVES))('of a component in a worker: %s', async (_, start) => {
    const folder = temporaryFolder();
    write(folder, { leaves: ownComponent(folder, 'leaves', note(start), { runsIn: 'worker' }) });
    expect((await pipeline(folder, ['run', 'p.yaml'])).status).toBe(0);
    await untilGone(join(folder, 'left'));
  });

  test.each(Object.entries(LEAVES))('of a component in the runner: %s', async (_, start) => {
    const folder = temporaryFolder();
    write(folder, { leaves: ownComponent(folder, 'leaves', note(start)) });
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(0);
    const pid = readFileSync(join(folder, 'left'), 'utf8');
    expect(stderr).toContain(`ended processes that steps had left running: ${pid} (sleep)`);
    await untilGone(join(folder, 'left'));
  });

  test.each(Object.entries(LEAVES).slice(0, 2))('of a program: %s', async (_, start) => {
    const folder = temporaryFolder();
    const script = `const { spawn } = require('child_process'); const fs = require('fs'); const { join } = require('path'); const baseDir = '.'; const write = (text) => fs.writeFileSync(process.argv[1] + '/data', text); ${note(start)} process.exit(0)`;
    write(folder, { leaves: scriptStep(script), after: step('after', 'b', { in: 'leaves.report' }) });
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--json']);
    expect(status).toBe(0);
    await untilGone(join(folder, 'left'));
    const warned = events(stdout).filter(({ type, level }) => type === 'step-log' && level === 'warn');
    const escaped = start.includes('detached');
    expect(warned).toHaveLength(escaped ? 1 : 0);
    if (escaped) expect(warned[0]?.['message']).toContain(`${readFileSync(join(folder, 'left'), 'utf8')} (sleep)`);
    expect(existsSync(join(folder, '.pipeline'))).toBe(true);
  });

  test('of a program that has another folder for temporary files: it is let go, and nobody else is ended', async () => {
    const folder = temporaryFolder();
    const bystander = spawn('sleep', ['1000'], { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
    try {
      const script = `const left = require('child_process').spawn('sleep', ['1000'], { stdio: 'inherit', detached: true }); require('fs').writeFileSync('left', String(left.pid)); require('fs').writeFileSync(process.argv[1] + '/data', ''); process.exit(0)`;
      write(folder, { leaves: scriptStep(script, {}, { env: { TMPDIR: folder } }) });
      expect((await pipeline(folder, ['run', 'p.yaml'])).status).toBe(0);
      process.kill(Number(readFileSync(join(folder, 'left'), 'utf8')), 'SIGKILL');
      expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  test('of a run that was killed: the next run ends them', async () => {
    const folder = temporaryFolder();
    const script =
      "const fs = require('fs'); if (fs.existsSync('go')) fs.writeFileSync(process.argv[1] + '/data', ''); else { fs.writeFileSync('left', String(process.pid)); console.log('waiting'); setInterval(() => 0, 1000); }";
    write(folder, { waits: scriptStep(script) });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    await untilSays(child, 'waiting');
    const ended = untilEnded(child);
    child.kill('SIGKILL');
    child.stdout?.destroy();
    await ended;
    writeFileSync(join(folder, 'go'), '');
    expect(await run(folder)).toEqual({ waits: 'completed' });
    await untilGone(join(folder, 'left'));
  });
});
