import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { OwnProcess } from '../../../runner/execution/own-process.js';
import { ResourceMeter } from '../../../runner/execution/resource-meter.js';

const onLinux = existsSync('/proc/self/stat') ? test : test.skip;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A program that says when it has done its work, and then waits. */
async function program(script: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('ready'); setInterval(() => 0, 1000)`]);
  ends.push(() => child.kill('SIGKILL'));
  await new Promise((done) => child.stdout.once('data', done));
  if (child.pid === undefined) throw new Error('it did not start');
  return child.pid;
}

describe('what a step used', () => {
  test('is not known when nothing was measured and nothing told', () => {
    expect(new ResourceMeter(new OwnProcess()).stop()).toEqual({ cpuMs: undefined, peakMemoryBytes: undefined });
  });

  test('is what its process says where it cannot be seen from outside', () => {
    const meter = new ResourceMeter(new OwnProcess());
    meter.add(2 ** 30);
    meter.told({ cpuMs: 5, peakMemoryBytes: undefined });
    expect(meter.stop()).toEqual({ cpuMs: 5, peakMemoryBytes: undefined });
  });

  onLinux('is that of the time in which it was measured, not of the time before', async () => {
    const pid = await program('const used = () => process.cpuUsage(); while (used().user + used().system < 400e3);');
    const meter = new ResourceMeter(new OwnProcess());
    meter.add(pid);
    const { cpuMs, peakMemoryBytes } = meter.stop();
    expect(cpuMs).toBeLessThan(200);
    expect(peakMemoryBytes).toBeGreaterThan(10e6);
  });

  onLinux('is that of several processes together, with those that they start', async () => {
    const single = await program('');
    // What it starts ends with it.
    const parent = await program("require('child_process').spawn(process.execPath, ['-e', 'process.stdin.resume()'])");
    const [one, both] = [new ResourceMeter(new OwnProcess()), new ResourceMeter(new OwnProcess())];
    one.add(single);
    both.add(single);
    both.add(parent);
    const [less, more] = [one.stop().peakMemoryBytes, both.stop().peakMemoryBytes];
    expect(more).toBeGreaterThan(1.5 * (less ?? Infinity));
  });
});
