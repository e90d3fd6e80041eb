/**
 * Locks and staging that hold what no run of ours has written.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { currentProcess } from '../../artifacts/process-identity.js';
import { faultsOf } from '../faults/stored.js';
import { pipeline } from '../rig/cli.js';
import { runPipeline as run, step, writePipeline as write } from '../rig/steps.js';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const template = sharedFolder();
beforeAll(async () => {
  write(template, { first: step('first', 'a') });
  await run(template);
});

function stored(): { readonly folder: string; readonly root: string; readonly lock: string } {
  const folder = temporaryFolder(template);
  const root = join(folder, '.pipeline');
  mkdirSync(join(root, 'locks'), { recursive: true });
  return { folder, root, lock: join(root, 'locks', 'demo.lock') };
}

describe('a lock', () => {
  const me = currentProcess();
  const nobody: Readonly<Record<string, string | Buffer>> = {
    'with nothing in it': '',
    'that is torn': '{"pid":12',
    'of bytes': Buffer.from([0, 255, 1, 254]),
    'of other JSON': '[]',
    'with a number as text': JSON.stringify({ ...me, pid: '1' }),
    'of a process that is none': JSON.stringify({ ...me, pid: -1 }),
    'of all processes': JSON.stringify({ ...me, pid: 0 }),
    'of half a process': JSON.stringify({ ...me, pid: 1.5 }),
    'of more than a process': JSON.stringify({ ...me, pid: 1e300 }),
    'of another start of the machine': JSON.stringify({ ...me, boot: 'another' }),
  };
  test.each(Object.entries(nobody))('%s is nobody’s', async (_, content) => {
    const { folder, root, lock } = stored();
    writeFileSync(lock, content);
    expect(await run(folder)).toEqual({ first: 'cached' });
    expect(faultsOf(root)).toEqual([]);
  });

  test('that is a pipe, or a link to nowhere, is nobody’s', async () => {
    const { folder, root, lock } = stored();
    spawnSync('mkfifo', [lock]);
    expect(await run(folder)).toEqual({ first: 'cached' });
    symlinkSync('nowhere', lock);
    expect(await run(folder)).toEqual({ first: 'cached' });
    expect(faultsOf(root)).toEqual([]);
  });

  test('that is a folder cannot be taken, and says so', async () => {
    const { folder, lock } = stored();
    mkdirSync(lock);
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect([status, stderr]).toEqual([1, expect.stringContaining(lock)]);
    expect(stderr).not.toContain('defect');
  });

  test('of a process on this machine that lives is believed', async () => {
    const { folder, lock } = stored();
    writeFileSync(lock, JSON.stringify(me));
    const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', '--json']);
    expect([status, stderr]).toEqual([1, '']);
  });
});

test('whatever stands in staging is swept, and nothing outside of it', async () => {
  const { folder, root } = stored();
  const staging = join(root, 'staging');
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'outside', 'data'), 'x');
  writeFileSync(join(staging, 'file'), '');
  symlinkSync(join(folder, 'outside'), join(staging, 'link'));
  mkdirSync(join(staging, Buffer.from('{"pid":').toString('base64url'), 'deep', 'er'), { recursive: true });
  spawnSync('mkfifo', [join(staging, 'pipe')]);
  expect(await run(folder)).toEqual({ first: 'cached' });
  expect(faultsOf(root)).toEqual([]);
  expect(spawnSync('cat', [join(folder, 'outside', 'data')]).stdout.toString()).toBe('x');
});
