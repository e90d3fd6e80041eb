/**
 * The files of a search. Times stay out of them: they are the same for the same inputs.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import type { Objective } from './objective.js';
import type { Algorithm } from './schedule.js';
import type { Space } from './space.js';
import type { CompletedTrial, Trial } from './trial.js';

/** What a search was and what it found. */
export interface SearchResults {
  readonly space: Space;
  readonly algorithm: Algorithm;
  readonly objective: Objective;
  readonly trials: readonly Trial[];
  readonly best: CompletedTrial;
}

/** A space in the form of KerasTuner's `HyperParameters.get_config()`, by name. */
function kerasTunerSpace(space: Space): readonly unknown[] {
  return Object.entries(space)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => {
      const [class_name, config] = entry === 'Boolean' ? [entry, {}] : (Object.entries(entry)[0] ?? []);
      return { class_name, config: { name, conditions: [], ...config } };
    });
}

/**
 * Writes `best_hyperparameters.json`, from which KerasTuner's `HyperParameters.from_config` reads the space and the
 * values.
 */
export async function writeBest(folder: string, { space, objective, best }: SearchResults): Promise<void> {
  const { trial_id, values, score, epochs, best_epoch } = best;
  const content = { space: kerasTunerSpace(space), values, objective, score, trial_id, epochs, best_epoch };
  await writeFile(join(folder, 'best_hyperparameters.json'), `${canonicalJson(content)}\n`);
}

/** Writes `tuner_results.json`: every trial, in the order of the schedule. */
export async function writeResults(folder: string, results: SearchResults): Promise<void> {
  const { algorithm, objective, trials, best } = results;
  const content = { algorithm, objective, best_trial_id: best.trial_id, trials };
  await writeFile(join(folder, 'tuner_results.json'), `${canonicalJson(content)}\n`);
}
