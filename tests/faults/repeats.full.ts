/**
 * Runs that repeat another, with each fault at each of their changes; repeats.test.ts tries some.
 */
import { expect, test } from '@jest/globals';
import { temporaryFolders } from '../rig/temp-folder.js';
import { RepeatedRuns, type Disturbed } from './repeat-trial.js';
import { FAULTS } from './trial.js';

const temporaryFolder = temporaryFolders();

const DISTURBED: readonly Disturbed[] = ['noted', 'opening', 'taking in', 'looking back'];

test.each(DISTURBED)(
  '%s: no run that was told is lost, and no number is given twice',
  async (what) => {
    const runs = new RepeatedRuns(temporaryFolder());
    const problems: string[] = [];
    let tried = 0;
    for (const fault of FAULTS) {
      // Until the command has ended before its turn came.
      for (let at = 1, ended = false; !ended; at++) {
        const trial = await runs.try(what, fault, at);
        problems.push(...trial.problems);
        ended = trial.changes.length < at;
        if (!ended) tried++;
      }
    }
    process.stdout.write(`${what}: ${String(tried)} faults tried, ${String(problems.length)} problems\n`);
    expect(problems).toEqual([]);
    expect(tried).toBeGreaterThanOrEqual(FAULTS.length);
  },
  600_000,
);
