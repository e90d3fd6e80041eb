/**
 * A sample of the trials of every-fault.full.ts: some faults at some changes, each in the middle of a run.
 */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { temporaryFolders } from '../rig/temp-folder.js';
import { undisturbed, type Fault } from './trial.js';
import { failures, tryAll } from './trials.js';

const temporaryFolder = temporaryFolders();

const SAMPLE: readonly (readonly [Fault, string])[] = [
  ['SIGKILL', 'write'],
  ['SIGKILL', 'rename'],
  ['SIGKILL', 'commit'],
  ['ENOSPC', 'write'],
  ['EIO', 'commit'],
  ['EACCES', 'mkdir'],
];

test('a run that meets a fault is followed by one that ends as if nothing had been', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'undisturbed'));
  const reference = await undisturbed(join(folder, 'undisturbed'));
  const points = SAMPLE.map(([fault, change]) => {
    const places = reference.changes.flatMap((name, index) => (name === change ? [index + 1] : []));
    return { fault, at: places[Math.floor(places.length / 2)] ?? 1 };
  });
  const tried = await tryAll(folder, points, reference);
  expect(failures(tried)).toEqual([]);
  expect(tried.every(({ change }) => change !== undefined)).toBe(true);
}, 120_000);
