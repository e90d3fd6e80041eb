/**
 * Several runs on one store at the same time, and locks whose owner is not what it seems.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { realDisk } from '../../artifacts/disk.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import { openRoot } from '../../artifacts/store/store-root.js';
import { faultsOf } from '../faults/stored.js';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { ownComponent } from '../rig/own-component.js';
import { untilEnded, untilSays } from '../rig/processes.js';
import { executed, runPipeline as run, scriptStep, step, writePipeline as write } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A step that says `waiting`, and goes on when there is a file `go`. */
const waits = scriptStep(
  "const fs = require('fs'); console.log('waiting'); const look = setInterval(() => { if (fs.existsSync('go')) { clearInterval(look); fs.writeFileSync(process.argv[1] + '/data', 'w'); } }, 5)",
);

describe('two runs at once on one store', () => {
  test('of the same pipeline: the second is refused and says by whom; the first goes on', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'a'), waits });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
    await untilSays(child, 'waiting');
    const second = await pipeline(folder, ['run', 'p.yaml']);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('error[locked]');
    expect(second.stderr).toContain(`another run of 'demo' is going on: process ${String(child.pid)}`);
    // Who looks back does not wait.
    expect(await pipeline(folder, ['show'])).toMatchObject({ status: 0, stdout: expect.stringContaining('run 1') });
    writeFileSync(join(folder, 'go'), '');
    expect((await untilEnded(child)).status).toBe(0);
    expect(await run(folder)).toEqual({ first: 'cached', waits: 'cached' });
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });

  test('of different pipelines that share steps: both succeed, on a store that is made meanwhile', async () => {
    const folder = temporaryFolder();
    const shared = ownComponent(
      folder,
      'shared',
      `
      // What each keeps for itself must not be the other's.
      const kept = join(checkpointDir, 'kept');
      for (let i = 0; i < 20; i++) {
        fs.writeFileSync(kept, process.pid + ' ' + i);
        await new Promise((done) => setTimeout(done, 5));
        if (fs.readFileSync(kept, 'utf8') !== process.pid + ' ' + i) throw new Error('not alone');
      }
      write('shared');`,
      { runsIn: 'worker' },
    );
    const own = (name: string): string => step(name, name, { in: 'shared.report' });
    const files = ['one', 'two', 'three'].map((name) => {
      write(folder, { shared, [name]: own(name) }, name);
      const file = `${name}.yaml`;
      writeFileSync(join(folder, file), readFileSync(join(folder, 'p.yaml')));
      return file;
    });
    const results = await Promise.all(files.map((file) => pipeline(folder, ['run', file, '--json', '--jobs', '2'])));
    expect(results.map(({ status, stderr }) => [status, stderr])).toEqual(files.map(() => [0, '']));
    const reports = results.map(({ stdout }) =>
      events(stdout).find(({ type, node }) => /step-(completed|cached)/u.test(String(type)) && node === 'shared'),
    );
    expect(new Set(reports.map((report) => JSON.stringify(report?.['outputs']))).size).toBe(1);
    expect((await pipeline(folder, ['verify'])).status).toBe(0);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
    for (const file of files) {
      const again = await pipeline(folder, ['run', file, '--json']);
      expect(events(again.stdout).filter(({ type }) => type === 'step-cached')).toHaveLength(2);
    }
  });

  test('that make it: who comes second finds it made', async () => {
    const folder = join(temporaryFolder(), 'store');
    let first = true;
    const root = await openRoot(folder, {
      ...realDisk,
      makeFolder: async (path) => {
        await realDisk.makeFolder(path);
        if (first) await openRoot(folder);
        first = false;
      },
    });
    expect(existsSync(root.artifacts)).toBe(true);
  });
});

describe('a lock', () => {
  const lockOf = (folder: string): string => join(folder, '.pipeline', 'locks', 'demo.lock');

  test('of a stopped process holds; when it goes on, its run ends well', async () => {
    const folder = temporaryFolder();
    write(folder, { waits });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
    await untilSays(child, 'waiting');
    child.kill('SIGSTOP');
    const second = await pipeline(folder, ['run', 'p.yaml']);
    expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining(`process ${String(child.pid)}`) });
    writeFileSync(join(folder, 'go'), '');
    child.kill('SIGCONT');
    expect((await untilEnded(child)).status).toBe(0);
    expect(await run(folder)).toEqual({ waits: 'cached' });
  });

  test('of a process that was killed, or whose number is another’s by now, holds nothing', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'a'), waits });
    const child = startPipeline(folder, ['run', 'p.yaml', '--json', '--jobs', '1']);
    await untilSays(child, 'waiting');
    const ended = untilEnded(child);
    child.kill('SIGKILL');
    await ended;
    writeFileSync(join(folder, 'go'), '');
    expect(JSON.parse(readFileSync(lockOf(folder), 'utf8'))).toMatchObject({ pid: child.pid });
    // A process lives that has the number of the lock's owner, but was started at another time.
    const other = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
    try {
      writeFileSync(lockOf(folder), JSON.stringify({ ...currentProcess(), pid: other.pid, started: '1' }));
      expect(await run(folder)).toEqual({ first: 'cached', waits: 'completed' });
    } finally {
      other.kill('SIGKILL');
    }
    expect(executed(folder, 'first')).toBe(1);
    expect(faultsOf(join(folder, '.pipeline'))).toEqual([]);
  });

  test('of another machine is believed, and the hint says what to do', async () => {
    const folder = temporaryFolder();
    write(folder, { first: step('first', 'a') });
    await run(folder);
    mkdirSync(join(folder, '.pipeline', 'locks'), { recursive: true });
    writeFileSync(lockOf(folder), JSON.stringify({ ...currentProcess(), host: 'elsewhere' }));
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stderr).toContain('on elsewhere');
    expect(stderr).toContain(lockOf(folder));
  });
});
