import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import fc, { type Scheduler } from 'fast-check';
import { realDisk, type Disk } from '../../artifacts/disk.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import { acquireLock } from '../../artifacts/store/lock.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** The disk, each change of which waits for its turn. */
function turnByTurn(scheduler: Scheduler): Disk {
  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve());
    return await work();
  };
  return {
    ...realDisk,
    createFile: (path, data, temporary) => turn(() => realDisk.createFile(path, data, temporary)),
    rename: (from, to) => turn(() => realDisk.rename(from, to)),
    removeFile: (path) => turn(() => realDisk.removeFile(path)),
  };
}

describe('a lock', () => {
  test('is held by one at a time and can be taken again after its release', async () => {
    const path = join(temporaryFolder(), 'x.lock');
    const first = await acquireLock(path);
    expect(await acquireLock(path)).toEqual({ taken: false, heldBy: currentProcess() });
    if (first.taken) await first.release();
    expect((await acquireLock(path)).taken).toBe(true);
  });

  const owner = currentProcess();
  const dead = {
    'of a number that is not in use': JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }),
    'of a number that is used again': JSON.stringify({ ...owner, started: '1' }),
    'from before a restart of the machine': JSON.stringify({ ...owner, boot: 'another' }),
    torn: '{"pid":12',
    empty: '',
  };
  test.each(Object.entries(dead))('%s holds nothing', async (_, content) => {
    const path = join(temporaryFolder(), 'x.lock');
    writeFileSync(path, content);
    expect((await acquireLock(path)).taken).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(owner);
  });

  test('of another host is believed', async () => {
    const path = join(temporaryFolder(), 'x.lock');
    writeFileSync(path, JSON.stringify({ ...owner, host: 'elsewhere', boot: 'b' }));
    expect(await acquireLock(path)).toMatchObject({ taken: false, heldBy: { host: 'elsewhere' } });
  });

  test('a dead one is taken over by exactly one of many, in whatever order they come to their steps', async () => {
    const property = fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (scheduler, many) => {
      const folder = temporaryFolder();
      const path = join(folder, 'x.lock');
      writeFileSync(path, dead.torn);
      const disk = turnByTurn(scheduler);
      const going = new Set(Array.from({ length: many }, () => acquireLock(path, undefined, disk)));
      const attempts = Promise.all(going);
      for (const attempt of going) {
        void attempt.finally(() => going.delete(attempt));
      }
      while (going.size > 0) {
        if (scheduler.count() === going.size) await scheduler.waitNext(1);
        else await setImmediate();
      }
      expect((await attempts).filter(({ taken }) => taken)).toHaveLength(1);
      expect(readdirSync(folder)).toEqual(['x.lock']);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('is held by one at a time among many processes, some of which are killed at whatever step', async () => {
    const folder = temporaryFolder();
    const program = join(folder, 'contender.mjs');
    await build({
      entryPoints: [resolve('tests/rig/lock-contender.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const path = join(folder, 'locks', 'x.lock');
    mkdirSync(join(folder, 'arena'));
    const contenders = Array.from({ length: 40 }, (_, index) => index)[Symbol.iterator]();
    const outputs: string[] = [];
    const contend = async (): Promise<void> => {
      for (const index of contenders) {
        // Every fourth lives to its end; the others are killed at one of their first steps.
        const point = index % 4 === 0 ? 0 : 1 + ((index * 7) % 31);
        const fault = `SIGKILL@${String(point)}:${join(folder, `changes-${String(index)}`)}`;
        const child = spawn(process.execPath, [program, path, join(folder, 'arena'), '5'], {
          env: { PIPELINE_FAULT: fault },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.stdout.on('data', (chunk: Buffer) => outputs.push(chunk.toString()));
        const [, signal] = (await once(child, 'close')) as [unknown, NodeJS.Signals | null];
        expect(signal).toBe(point === 0 ? null : 'SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 5 }, contend));
    const told = outputs.join('').trim().split('\n');
    expect(told.length).toBeGreaterThanOrEqual(50);
    expect(new Set(told)).toEqual(new Set(['alone']));
    const last = await acquireLock(path, () => join(folder, 'arena', 'last.tmp'));
    if (last.taken) await last.release();
    expect(last.taken).toBe(true);
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });
});
