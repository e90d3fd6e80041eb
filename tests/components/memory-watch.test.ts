/**
 * Processes that end for want of memory, told from those that end for other reasons; the system's counters are files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { memoryFailure, MemoryWatch } from '../../components/memory-watch.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const killed = { code: null, signal: 'SIGKILL' } as const;

function system(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  write(root, files);
  return root;
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Where each system keeps its count, and what stands beside it. */
const systems: readonly (readonly [string, string, (kills: number) => string, Readonly<Record<string, string>>])[] = [
  [
    'a control group of version 2',
    'sys/fs/cgroup/jobs/memory.events',
    (kills) => `low 0\nhigh 0\nmax 7\noom 9\noom_kill ${String(kills)}\noom_group_kill 0\n`,
    { 'proc/self/cgroup': '0::/jobs\n', 'proc/vmstat': 'oom_kill 0\n' },
  ],
  [
    'a control group of version 1',
    'sys/fs/cgroup/memory/jobs/memory.oom_control',
    (kills) => `oom_kill_disable 0\nunder_oom 0\noom_kill ${String(kills)}\n`,
    { 'proc/self/cgroup': '5:devices:/\n4:cpu,memory:/jobs\n0::/\n' },
  ],
  [
    'a container that hides where its group lies',
    'sys/fs/cgroup/memory.events',
    (kills) => `oom_kill ${String(kills)}\n`,
    { 'proc/self/cgroup': '0::/../hidden\n' },
  ],
  ['a system without groups', 'proc/vmstat', (kills) => `nr_free_pages 1\noom_kill ${String(kills)}\n`, {}],
];

describe('a killed process', () => {
  test.each(systems)('ended for want of memory when the count was raised: %s', (_, path, text, beside) => {
    const root = system({ ...beside, [path]: text(3) });
    const watch = new MemoryWatch(root);
    expect(watch.failure('train.py', killed, '')).toBeUndefined();
    write(root, { [path]: text(4) });
    expect(watch.failure('train.py', killed, '')).toMatchObject({
      code: 'out-of-memory',
      message: 'train.py was killed by the system, which had run out of memory',
    });
    expect(watch.failure('a shell', { code: 137, signal: null }, '')).toMatchObject({ code: 'out-of-memory' });
    expect(watch.failure('train.py', { code: 1, signal: null }, '')).toBeUndefined();
    expect(watch.failure('train.py', { code: null, signal: 'SIGTERM' }, '')).toBeUndefined();
  });

  test('ended for another reason where nothing is counted', () => {
    expect(new MemoryWatch(temporaryFolder()).failure('train.py', killed, '')).toBeUndefined();
  });
});

describe('a process whose heap was full', () => {
  const watch = new MemoryWatch(temporaryFolder());
  watch.hear('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory');

  test('said so before it was aborted', () => {
    expect(watch.failure('node', { code: null, signal: 'SIGABRT' }, 'raise it')).toMatchObject({
      code: 'out-of-memory',
      message: 'node ran out of memory: its JavaScript heap was full',
      hint: 'raise it',
    });
    expect(watch.failure('sh', { code: 134, signal: null }, '')).toMatchObject({ code: 'out-of-memory' });
  });

  test('was none that said so and went on', () => {
    expect(watch.failure('node', { code: 1, signal: null }, '')).toBeUndefined();
    expect(new MemoryWatch(temporaryFolder()).failure('node', { code: null, signal: 'SIGABRT' }, '')).toBeUndefined();
  });
});

describe('an error', () => {
  test('that was thrown for want of memory says so', () => {
    for (const message of [
      'Array buffer allocation failed',
      'Invalid typed array length: 625000000',
      'WebAssembly.Memory.grow(): Maximum memory size exceeded',
    ]) {
      expect(memoryFailure(new RangeError(message))).toMatchObject({
        code: 'out-of-memory',
        message: `memory ran out: ${message}`,
      });
    }
  });

  test('of WebAssembly, which was given no memory, says so too', () => {
    const thrown = Object.assign(new Error('memory access out of bounds'), { name: 'RuntimeError' });
    expect(memoryFailure(thrown)).toMatchObject({ code: 'out-of-memory' });
  });

  test('of another kind does not', () => {
    expect(memoryFailure(new RangeError('Invalid typed array length: -1'))).toBeUndefined();
    expect(memoryFailure(new Error('Array buffer allocation failed'))).toBeUndefined();
    expect(memoryFailure(new Error('memory access out of bounds'))).toBeUndefined();
    expect(memoryFailure(undefined)).toBeUndefined();
  });
});
