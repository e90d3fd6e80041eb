import { describe, expect, test } from '@jest/globals';
import { OwnProcess } from '../../../runner/execution/own-process.js';
import { ResourceMeter } from '../../../runner/execution/resource-meter.js';

const UNKNOWN = { cpuMs: undefined, peakMemoryBytes: undefined };

/** Works in 64 MB for 50 milliseconds of a processor, however many others want it. */
function work(): Promise<Buffer> {
  const held = Buffer.alloc(64e6, 1);
  const begun = process.cpuUsage();
  while (process.cpuUsage(begun).user < 50e3);
  return Promise.resolve(held);
}

async function use(own: OwnProcess, execute: () => Promise<unknown>): Promise<ReturnType<ResourceMeter['stop']>> {
  const meter = new ResourceMeter(own);
  // It is held until it was looked at.
  const held = await meter.inside(execute);
  const used = meter.stop();
  expect(held).toBeDefined();
  return used;
}

describe('what the runner’s process uses', () => {
  test('is the step’s that executes in it alone', async () => {
    const own = new OwnProcess();
    await own.during(async () => {
      const { cpuMs, peakMemoryBytes } = await use(own, work);
      expect(cpuMs).toBeGreaterThanOrEqual(50);
      expect(peakMemoryBytes).toBeGreaterThan(0);
    });
  });

  test('is no step’s when others are at work before, during, or still', async () => {
    const own = new OwnProcess();
    const leave = own.enter();
    await own.during(async () => {
      expect(await use(own, work)).toEqual(UNKNOWN);
    });
    leave();
    await own.during(async () => {
      const used = await use(own, async () => {
        await own.during(() => Promise.resolve());
        return 0;
      });
      expect(used).toEqual(UNKNOWN);
    });
    await own.during(async () => {
      expect((await use(own, work)).cpuMs).toBeGreaterThanOrEqual(50);
    });
  });

  test('is no step’s while one goes on that nobody waits for', async () => {
    const own = new OwnProcess();
    let end: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      end = resolve;
    });
    own.leaveBehind(left);
    await own.during(async () => {
      expect(await use(own, work)).toEqual(UNKNOWN);
    });
    end();
    await left;
    await own.during(async () => {
      expect((await use(own, work)).cpuMs).toBeGreaterThanOrEqual(50);
    });
  });

  test('stays what it was when it is asked for again', async () => {
    const own = new OwnProcess();
    const meter = new ResourceMeter(own);
    await meter.inside(work);
    const used = meter.stop();
    await own.during(work);
    expect(meter.stop()).toEqual(used);
  });
});
