/**
 * A sample of the trials of repeats.full.ts.
 */
import { expect, test } from '@jest/globals';
import { temporaryFolders } from '../rig/temp-folder.js';
import { RepeatedRuns } from './repeat-trial.js';

const temporaryFolder = temporaryFolders();

test('a run that repeats another, and what takes it in, are killed: none that was told is lost', async () => {
  const runs = new RepeatedRuns(temporaryFolder());
  const noted = await runs.try('noted', 'SIGKILL', 1);
  expect(noted).toMatchObject({ problems: [], changes: [expect.stringMatching(/^write .*metadata\.db-repeats$/u)] });
  // Moved aside, and not recorded; recorded, and not removed.
  for (const at of [4, 5]) {
    const { problems, changes } = await runs.try('looking back', 'SIGKILL', at);
    expect(problems).toEqual([]);
    expect(changes.length).toBe(at);
  }
}, 60_000);
