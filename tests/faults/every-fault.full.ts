/**
 * Every fault at every change of disk and database, until none is left. Prints the table of what was survived.
 */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { temporaryFolders } from '../rig/temp-folder.js';
import { undisturbed, FAULTS } from './trial.js';
import { failures, faultTable, tryAll, type Point } from './trials.js';

const temporaryFolder = temporaryFolders();

/** By how many changes two undisturbed runs may differ. */
const SPREAD = 10;

test('whatever change fails, or is the last one, the next run ends as if nothing had been', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'undisturbed'));
  const reference = await undisturbed(join(folder, 'undisturbed'));
  const points: readonly Point[] = FAULTS.flatMap((fault) =>
    reference.changes.map((_, index) => ({ fault, at: index + 1 })),
  );
  const tried = await tryAll(folder, points, reference);
  console.log(
    `${String(reference.changes.length)} operations × ${String(FAULTS.length)} faults\n\n${faultTable(tried)}`,
  );
  expect(failures(tried)).toEqual([]);
  // Steps that end at about the same time are published in one go or in two: a run may have a few changes less.
  const unmet = tried.filter(({ change }) => change === undefined);
  expect(unmet.filter(({ at }) => at <= reference.changes.length - SPREAD)).toEqual([]);
}, 3_600_000);
