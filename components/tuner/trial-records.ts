/**
 * Remembers how trials ended, in a folder that survives a crash: a trial that ended is not run again. One whose process
 * died is, when the step is taken up again: there may be more memory now.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { realDisk } from '../../artifacts/disk.js';
import type { PlannedTrial, TrialOutcome, TrialRunner } from './trial.js';

interface TrialRecord {
  readonly trial: PlannedTrial;
  readonly outcome: TrialOutcome;
}

/** How a trial ended; undefined when it has not, or another one had its place: the round before may end otherwise now. */
async function readRecord(path: string, trial: PlannedTrial): Promise<TrialOutcome | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // Whole or not there: the folder belongs to this very step, and files get their name when they are durable.
  const record = JSON.parse(text) as TrialRecord;
  return canonicalJson(record.trial) === canonicalJson(trial) ? record.outcome : undefined;
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
      const known = await readRecord(path, trial);
      if (known !== undefined) {
        onKnown(trial.trial_id);
        return known;
      }
      const outcome = await run(trial, configuration);
      if (outcome.status === 'COMPLETED' || outcome.died === undefined) {
        await realDisk.writeFile(path, canonicalJson({ trial, outcome } satisfies TrialRecord));
      }
      return outcome;
    },
    drop,
  };
}
