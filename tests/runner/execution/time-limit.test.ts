import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { timeLimit } from '../../../runner/execution/time-limit.js';

/** Has all garbage collected that there is. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Waits in a function of its own, so that nothing else holds the signal. */
function over(stop: AbortSignal, limitMs: number): Promise<boolean> {
  const limit = timeLimit(stop, limitMs);
  return new Promise((resolve) => {
    limit.signal.addEventListener('abort', () => {
      resolve(limit.isOver());
    });
  });
}

describe('a limit of time', () => {
  test('aborts though garbage is collected meanwhile', async () => {
    const ended = over(new AbortController().signal, 100);
    collectGarbage();
    expect(await ended).toBe(true);
  });

  test('aborts when the run is to stop, also when it was so before', async () => {
    const stop = new AbortController();
    const ended = over(stop.signal, 60_000);
    stop.abort(new Error('stopped'));
    expect(await ended).toBe(false);
    const late = timeLimit(stop.signal, undefined);
    expect([late.signal.aborted, late.isOver()]).toEqual([true, false]);
  });

  test('aborts nothing once it is cleared', () => {
    const stop = new AbortController();
    const limit = timeLimit(stop.signal, 60_000);
    limit.clear();
    stop.abort();
    expect(limit.signal.aborted).toBe(false);
  });
});
