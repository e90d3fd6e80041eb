/**
 * Remembers how trials ended, in a folder that survives a crash: a trial that ended is not run again.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { realDisk } from '../../artifacts/disk.js';
import type { TrialOutcome, TrialRunner } from './trial.js';

async function readRecord(path: string): Promise<TrialOutcome | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  // Whole or not there: the folder belongs to this very step, and files get their name when they are durable.
  return text === undefined ? undefined : (JSON.parse(text) as TrialOutcome);
}

/**
 * Puts a memory before a runner.
 *
 * @param folder - made when it is not there
 * @param onKnown - called for a trial that is not run, for it has ended before
 */
export async function recordedRunner(
  folder: string,
  { run, drop }: TrialRunner,
  onKnown: (trialId: string) => void,
): Promise<TrialRunner> {
  await mkdir(folder, { recursive: true });
  return {
    run: async (trial, configuration) => {
      const path = join(folder, `${trial.trial_id}.json`);
      const known = await readRecord(path);
      if (known !== undefined) {
        onKnown(trial.trial_id);
        return known;
      }
      const outcome = await run(trial, configuration);
      await realDisk.writeFile(path, canonicalJson(outcome));
      return outcome;
    },
    drop,
  };
}
