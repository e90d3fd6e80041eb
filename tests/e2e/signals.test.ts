/**
 * Signals, once and twice, and terminals and readers that go away, while a step runs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { faultsOf, rows } from '../faults/stored.js';
import { startPipeline } from '../rig/cli.js';
import { testWith } from '../rig/needs-program.js';
import { ownComponent } from '../rig/own-component.js';
import { until, untilEnded, untilGone, untilSays } from '../rig/processes.js';
import { executed, runPipeline as run, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const SCRIPT = `
  const fs = require('fs');
  if (fs.existsSync('go')) fs.writeFileSync(process.argv[1] + '/data', '');
  else {
    if (process.argv[2] === 'stubborn') for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => 0);
    const child = require('child_process').spawn('sleep', ['1000'], { stdio: 'ignore' });
    fs.writeFileSync('grandchild', String(child.pid));
    fs.writeFileSync('child', String(process.pid));
    console.log('waiting');
    setInterval(() => 0, 1000);
  }`;

/** A program that starts another and runs until it is ended; `stubborn`: not by a signal that can be caught. */
function program(manners: 'polite' | 'stubborn'): string {
  const argv = [process.execPath, '-e', SCRIPT, '${outputs.report}', manners];
  return JSON.stringify({ component: 'Command', outputs: { report: 'File' }, params: { argv } });
}

/** A component that never looks at its signal. */
function component(folder: string, runsIn: 'runner' | 'worker'): string {
  const body = `
    if (fs.existsSync(join(baseDir, 'go'))) { write(''); return; }
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    fs.writeFileSync(join(baseDir, 'grandchild'), String(child.pid));
    fs.writeFileSync(join(baseDir, 'child'), String(process.pid));
    log.info('waiting');
    await new Promise((done) => setInterval(() => 0, 1000));`;
  return ownComponent(folder, runsIn, body, { runsIn });
}

const STEPS: Readonly<Record<string, (folder: string) => string>> = {
  'a program': () => program('polite'),
  'a program that takes no signal': () => program('stubborn'),
  'a component in the runner': (folder) => component(folder, 'runner'),
  'a component in a worker': (folder) => component(folder, 'worker'),
};

async function started(folder: string, slow: string): Promise<ChildProcess> {
  write(folder, { first: step('first', 'a'), slow, last: step('last', 'l', { in: 'slow.report' }) });
  const child = startPipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
  await untilSays(child, '"waiting"');
  return child;
}

/** All that must hold after a run was stopped: nothing runs on, all is on record, and the next run goes on. */
async function expectStopped(folder: string): Promise<void> {
  await untilGone(join(folder, 'child'));
  await untilGone(join(folder, 'grandchild'));
  const root = join(folder, '.pipeline');
  expect(faultsOf(root)).toEqual([]);
  expect(rows(root, 'SELECT state FROM pipeline_run')).toEqual([{ state: 'CANCELED' }]);
  writeFileSync(join(folder, 'go'), '');
  expect(await run(folder)).toEqual({ first: 'cached', slow: 'completed', last: 'completed' });
  expect(executed(folder, 'first')).toBe(1);
  expect(faultsOf(root)).toEqual([]);
}

describe('a signal', () => {
  const once: readonly (readonly [NodeJS.Signals, string])[] = [
    ['SIGINT', 'a program'],
    ['SIGTERM', 'a program'],
    ['SIGHUP', 'a program'],
    ['SIGINT', 'a component in the runner'],
  ];
  test.each(once)('%s, once, stops %s: status 130, no process is left', async (signal, name) => {
    const folder = temporaryFolder();
    const child = await started(folder, STEPS[name]?.(folder) ?? '');
    child.kill(signal);
    expect(await untilEnded(child)).toEqual({ status: 130, signal: null });
    await expectStopped(folder);
  });

  const twice: readonly (readonly [NodeJS.Signals, string])[] = [
    ['SIGINT', 'a program that takes no signal'],
    ['SIGTERM', 'a component in a worker'],
    ['SIGHUP', 'a component in a worker'],
    ['SIGINT', 'a component in a worker'],
  ];
  test.each(twice)('%s, twice, kills %s', async (signal, name) => {
    const folder = temporaryFolder();
    const child = await started(folder, STEPS[name]?.(folder) ?? '');
    const stopping = untilSays(child, '"run-stopping","kill":false');
    const ended = untilEnded(child);
    child.kill(signal);
    await stopping;
    child.kill(signal);
    expect(await ended).toEqual({ status: 130, signal: null });
    await expectStopped(folder);
  });
});

describe('a reader that goes away', () => {
  test.each(['stdout', 'stderr', 'both'])('(%s): the run goes on to its end', async (which) => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'a'), second: step('second', 'b', { in: 'first.report' }) });
    const child = startPipeline(folder, ['run', 'p.yaml', ...(which === 'stdout' ? ['--json'] : [])]);
    if (which !== 'stderr') child.stdout?.destroy();
    if (which !== 'stdout') child.stderr?.destroy();
    expect(await untilEnded(child)).toEqual({ status: 0, signal: null });
    expect(await run(folder)).toEqual({ first: 'cached', second: 'cached' });
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });
});

testWith('script')('a terminal that is closed stops the run, and no process is left', async () => {
  const folder = temporaryFolder();
  write(folder, { first: step('first', 'a'), slow: program('polite'), last: step('last', 'l', { in: 'slow.report' }) });
  const main = resolve('dist/runner/cli/main.cjs');
  const command = `echo $$ > runner; exec '${process.execPath}' '${main}' run p.yaml --jobs 1`;
  const terminal = spawn('/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: 'ignore',
  });
  await until(() => existsSync(join(folder, 'child')));
  terminal.kill('SIGKILL');
  await untilGone(join(folder, 'runner'));
  expect(readFileSync(join(folder, 'runner'), 'utf8').trim()).toMatch(/^\d+$/u);
  await expectStopped(folder);
});
