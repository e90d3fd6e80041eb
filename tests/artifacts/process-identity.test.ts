import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { currentProcess, isAlive } from '../../artifacts/process-identity.js';

const onLinux = existsSync('/proc/self/stat') ? test : test.skip;

/** State and start time of a process, from proc(5)'s stat. */
function stat(pid: number): { readonly state: string; readonly started: string } {
  const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

describe('a process', () => {
  test('that runs is alive, unless it began at another time or before the machine did', () => {
    const own = currentProcess();
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, boot: 'another' })).toBe(false);
    expect(isAlive({ ...own, host: 'another' })).toBe(true);
  });

  onLinux('that began at another time is another one', () => {
    expect(isAlive({ ...currentProcess(), started: '1' })).toBe(false);
  });

  onLinux('that has ended is dead, though its parent never took note', async () => {
    // The shell becomes a program that does not know of the child that the shell had started. The child lives until then:
    // the shell itself would take note of its end.
    const script = 'read line <&3 & echo $!; exec sleep 1000';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
    try {
      const pid = await new Promise<number>((resolve) => {
        parent.stdout?.once('data', (chunk: Buffer) => {
          resolve(Number(chunk.toString()));
        });
      });
      const { started } = stat(pid);
      while (readFileSync(`/proc/${String(parent.pid)}/comm`, 'utf8') !== 'sleep\n') await setImmediate();
      parent.stdio[3]?.destroy();
      while (stat(pid).state !== 'Z') await setImmediate();
      expect(isAlive({ ...currentProcess(), pid, started })).toBe(false);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
