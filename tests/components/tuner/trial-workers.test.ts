import { expect, test } from '@jest/globals';
import { descendantsOf } from '../../../artifacts/process-tree.js';
import type { TrialSetup } from '../../../components/tuner/trial-message.js';
import { TrialWorkers } from '../../../components/tuner/trial-workers.js';

const started = (): readonly number[] => descendantsOf(process.pid).map(({ pid }) => pid);

// Whether a process is gone, and not only ended, is seen in /proc.
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('processes of a search are gone when it has been closed', async () => {
  const before = started();
  const own = (): readonly number[] => started().filter((pid) => !before.includes(pid));
  // They need not get as far as to look at it.
  const workers = new TrialWorkers(2, {} as TrialSetup);
  const listener = { progress: () => undefined, warn: () => undefined };
  for (const checkpointDir of ['a', 'b']) void workers.train({ values: {}, epochs: 1, checkpointDir }, listener);
  await Promise.resolve();
  expect(own()).toHaveLength(2);
  await workers.close();
  expect(own()).toEqual([]);
});
