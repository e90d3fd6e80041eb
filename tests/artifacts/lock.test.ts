import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { currentProcess } from '../../artifacts/process-identity.js';
import { acquireLock } from '../../artifacts/store/lock.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

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

  test('a dead one is taken over by exactly one of many', async () => {
    const path = join(temporaryFolder(), 'x.lock');
    writeFileSync(path, dead.torn);
    const attempts = await Promise.all(Array.from({ length: 10 }, () => acquireLock(path)));
    expect(attempts.filter(({ taken }) => taken)).toHaveLength(1);
  });
});
