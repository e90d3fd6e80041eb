/**
 * Garbage collections that are killed at any instant; gc.test.ts tries some.
 */
import { expect, test } from '@jest/globals';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';
import { makeThreeModels, tryKilledGc } from './gc-trial.js';

const temporaryFolder = temporaryFolders();
const threeModels = sharedFolder();

test('a kill at any instant loses nothing: what was begun is taken back or goes on', async () => {
  await makeThreeModels(threeModels);
  for (let at = 1, ended = false; !ended; at++) {
    const trial = await tryKilledGc(temporaryFolder(threeModels), at);
    expect(trial.problems).toEqual([]);
    ended = trial.ended;
  }
}, 600_000);
