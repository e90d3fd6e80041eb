/**
 * Imports that meet a fault, at some of their changes of disk and database; with FULL_TESTS=1 at all (import.full.ts).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sharedFolder, temporaryFolders } from '../rig/temp-folder.js';
import { exportedRun, importChanges, tryImport } from './import-trial.js';

const temporaryFolder = temporaryFolders();

const shared = sharedFolder();
const archive = await exportedRun(join(shared, 'here'));
const count = await importChanges(join(shared, 'undisturbed'), archive);

test.each(['SIGKILL', 'ENOSPC', 'EIO'] as const)(
  'an import that meets %s is followed by one that works',
  async (fault) => {
    const folder = temporaryFolder();
    expect(count).toBeGreaterThan(20);
    const problems: string[] = [];
    // Among the first are those that make the store.
    const spread = Array.from({ length: 6 }, (_, step) => Math.ceil((count * (step + 1)) / 7));
    for (const at of new Set([10, ...spread])) {
      mkdirSync(join(folder, String(at)));
      problems.push(...(await tryImport(join(folder, String(at)), archive, fault, at)));
    }
    expect(problems).toEqual([]);
  },
  180_000,
);
