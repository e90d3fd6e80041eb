/**
 * Searches the space, and writes the best hyperparameters and every trial. The trainings happen in processes of their
 * own; what has ended stands in the step's checkpoint, so that a search that was killed goes on where it was.
 */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { StepError, type Executor } from '../executor.js';
import { readExamplesInfo } from '../formats/examples/examples-files.js';
import { evaluationSplit } from '../tensorflow/training-data.js';
import { describeTrial } from './describe-trial.js';
import { drawConfigurations } from './draw.js';
import { givingUp } from './hopeless-search.js';
import { objectiveOf, type Objective } from './objective.js';
import { writeBest, writeResults } from './results.js';
import { configurationCount, schedule } from './schedule.js';
import { plannedWork, ranked, search } from './search.js';
import { SearchProgress } from './search-progress.js';
import { fittingOf, type spec } from './spec.js';
import type { Trial, TrialRunner } from './trial.js';
import { recordedRunner } from './trial-records.js';
import { TrialWorkers } from './trial-workers.js';

function checkMeasured(objective: Objective, split: string | undefined): void {
  if (split !== undefined || !objective.name.startsWith('val_')) return;
  throw new StepError(
    'not-measured',
    `the objective ${objective.name} needs a split to validate on, and the examples have no split 'eval'`,
    'name one as eval_split, or take an objective without val_',
  );
}

function allFailed(trials: readonly Trial[]): StepError {
  const messages = trials.flatMap((trial) => (trial.status === 'FAILED' ? [trial.message] : []));
  return new StepError(
    'all-trials-failed',
    `all ${String(trials.length)} trials failed; the first: ${messages[0] ?? ''}`,
    'see the log of the step, and narrow the space',
  );
}

/** Rejects when the step is to stop. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}

export const execute: Executor<typeof spec> = async (context) => {
  const { inputs, outputs, params, seed, baseDir, checkpointDir, signal, log } = context;
  const { space, algorithm } = params;
  const objective = objectiveOf(params.objective);
  const { splits } = await readExamplesInfo(inputs.examples.path);
  checkMeasured(objective, evaluationSplit(splits, params));
  const brackets = schedule(algorithm);
  const wanted = configurationCount(brackets);
  const configurations = drawConfigurations(space, wanted, seed);
  if (configurations.length < wanted) {
    log.warn(`the space is exhausted: ${String(configurations.length)} configurations instead of ${String(wanted)}`);
  }
  const size = plannedWork(brackets, configurations.length);
  const progress = new SearchProgress(size, objective, (update) => {
    context.progress(update);
  });
  const parallel = Math.min(params.parallel ?? Infinity, availableParallelism(), configurations.length);
  log.info(`${String(size.trials)} trials of ${String(size.epochs)} epochs in all, ${String(parallel)} at a time`);
  const workers = new TrialWorkers(parallel, {
    training: fittingOf(params),
    examples: inputs.examples.path,
    transformGraph: inputs.transform_graph?.path,
    seed,
    baseDir,
  });
  const folderOf = (configuration: string): string => join(checkpointDir, 'trainings', configuration);
  const trained: TrialRunner = {
    run: async (trial, configuration) => {
      const order = { values: trial.values, epochs: trial.epochs, checkpointDir: folderOf(configuration) };
      return await workers.train(order, {
        warn: (message) => {
          log.warn(`trial ${trial.trial_id}: ${message}`);
        },
        progress: (update) => {
          progress.training(trial, update);
        },
      });
    },
    drop: async (configuration) => {
      await rm(folderOf(configuration), { recursive: true, force: true });
    },
  };
  const known = new Set<string>();
  const recorded = await recordedRunner(join(checkpointDir, 'trials'), trained, (id) => known.add(id));
  const told: TrialRunner = {
    ...recorded,
    run: async (trial, configuration) => {
      const outcome = await recorded.run(trial, configuration);
      const again = known.has(trial.trial_id);
      log.info(`${describeTrial(trial, outcome, objective)}${again ? ' (known)' : ''}`);
      progress.ended(trial, outcome, again);
      return outcome;
    },
  };
  const runner = givingUp(told, configurations.length);
  let trials: readonly Trial[];
  try {
    signal.throwIfAborted();
    trials = await Promise.race([search({ brackets, configurations, objective, runner }), aborted(signal)]);
  } finally {
    await workers.close();
  }
  const [best] = ranked(trials, objective);
  if (best === undefined) throw allFailed(trials);
  const results = { space, algorithm, objective, trials, best };
  await writeBest(outputs.best_hyperparameters.path, results);
  outputs.best_hyperparameters.setProperty('objective', objective.name);
  outputs.best_hyperparameters.setProperty('score', best.score);
  await writeResults(outputs.tuner_results.path, results);
  outputs.tuner_results.setProperty('trials', trials.length);
  context.metric('score', best.score);
  context.metric('trials', trials.length);
};
