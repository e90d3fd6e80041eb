/**
 * Imports that meet each fault at each of their changes of disk and database.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';
import { exportedRun, importChanges, tryImport } from './import-trial.js';
import { FAULTS } from './trial.js';

const temporaryFolder = temporaryFolders();

const shared = sharedFolder();
const archive = await exportedRun(join(shared, 'here'));
const count = await importChanges(join(shared, 'undisturbed'), archive);

test.each(FAULTS)(
  'an import that meets %s is followed by one that works',
  async (fault) => {
    const folder = temporaryFolder();
    const problems: string[] = [];
    for (let at = 1; at <= count; at++) {
      mkdirSync(join(folder, String(at)));
      problems.push(...(await tryImport(join(folder, String(at)), archive, fault, at)));
    }
    expect(problems).toEqual([]);
  },
  3_600_000,
);
