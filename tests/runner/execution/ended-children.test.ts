import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { EndedChildren } from '../../../runner/execution/ended-children.js';

const onLinux = existsSync('/proc/self/stat') ? test : test.skip;

/** Uses 0.2 seconds of a processor, however many others want it. */
const BUSY =
  'const begun = process.cpuUsage(); const used = ({ user, system }) => user + system; while (used(process.cpuUsage(begun)) < 200e3);';

interface Child {
  readonly pid: number;
  /** Lets it go, and waits until note was taken of its end. */
  end(): Promise<void>;
}

/** A program that has done its work, and ends when it is let go. */
async function child(script: string): Promise<Child> {
  const process_: ChildProcess & { stdout: NodeJS.ReadableStream; stdin: NodeJS.WritableStream } = spawn(
    process.execPath,
    ['-e', `${script}; console.log('ready'); process.stdin.resume()`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(process_.stdout, 'data');
  if (process_.pid === undefined) throw new Error('it did not start');
  const ended = once(process_, 'exit');
  const end = async (): Promise<void> => {
    process_.stdin.end();
    await ended;
  };
  return { pid: process_.pid, end };
}

describe('what an ended child used', () => {
  onLinux('is known in full when it ended alone', async () => {
    const children = new EndedChildren();
    const [busy, idle] = [await child(BUSY), await child('')];
    children.watch(busy.pid);
    children.watch(idle.pid);
    await busy.end();
    expect(children.take(busy.pid)).toBeGreaterThanOrEqual(190);
    await idle.end();
    expect(children.take(idle.pid)).toBeLessThan(190);
  });

  onLinux('is kept for it when others are asked about first', async () => {
    const children = new EndedChildren();
    const [busy, idle] = [await child(BUSY), await child('')];
    children.watch(busy.pid);
    children.watch(idle.pid);
    await busy.end();
    expect(children.take(idle.pid)).toBeUndefined();
    await idle.end();
    expect(children.take(idle.pid)).toBeLessThan(190);
    expect(children.take(busy.pid)).toBeGreaterThanOrEqual(190);
  });

  onLinux('is not known while it lives, nor when another has ended, too', async () => {
    const children = new EndedChildren();
    const [busy, idle] = [await child(BUSY), await child('')];
    children.watch(busy.pid);
    children.watch(idle.pid);
    expect(children.take(busy.pid)).toBeUndefined();
    await Promise.all([busy.end(), idle.end()]);
    expect(children.take(busy.pid)).toBeUndefined();
    expect(children.take(idle.pid)).toBeUndefined();
  });

  onLinux('is not known while others may end that nobody has told of, and is counted with theirs', async () => {
    const children = new EndedChildren();
    const [told, untold, later] = [await child(''), await child(BUSY), await child('')];
    children.watch(told.pid);
    children.watch(later.pid);
    const over = children.expectUntold();
    await Promise.all([told.end(), untold.end()]);
    expect(children.take(told.pid)).toBeUndefined();
    expect(over()).toBeGreaterThanOrEqual(190);
    await later.end();
    expect(children.take(later.pid)).toBeLessThan(190);
  });
});
