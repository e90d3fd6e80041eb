/**
 * Goes through a schedule: trains what each round begins with, and promotes the best. What comes of it depends on the
 * outcomes of the trials alone, never on which of them ends first: brackets go on side by side, and a round is judged
 * when all of it has ended.
 */
import type { HpValues } from '../training-params.js';
import { bestEpoch, isBetter, type Objective } from './objective.js';
import type { Bracket } from './schedule.js';
import type { CompletedTrial, PlannedTrial, Trial, TrialOutcome, TrialRunner } from './trial.js';

/** What to search. */
export interface SearchOptions {
  readonly brackets: readonly Bracket[];
  /** All different; when there are fewer than the schedule begins with, the last brackets get fewer. */
  readonly configurations: readonly HpValues[];
  readonly objective: Objective;
  readonly runner: TrialRunner;
}

/** Something that takes part in a round. */
interface Entrant {
  readonly values: HpValues;
  readonly configuration: string | undefined;
  readonly parent: string | null;
}

function trialId(index: number): string {
  return String(index).padStart(4, '0');
}

function ended(trial: PlannedTrial, outcome: TrialOutcome, objective: Objective): Trial {
  if (outcome.status === 'FAILED') return { ...trial, status: 'FAILED', score: null, message: outcome.message };
  const own = outcome.history.filter(({ epoch }) => epoch > trial.initial_epoch);
  // A training that has stopped early has no epochs more: what it reached before still stands.
  const { epoch, score } = bestEpoch(objective, own.length > 0 ? own : outcome.history);
  return { ...trial, status: 'COMPLETED', score, best_epoch: epoch, history: own };
}

/** The trials that completed, the best first; the earlier one among equals. */
export function ranked(trials: readonly Trial[], objective: Objective): readonly CompletedTrial[] {
  return trials
    .filter((trial) => trial.status === 'COMPLETED')
    .sort((a, b) => {
      if (isBetter(objective, a.score, b.score)) return -1;
      if (isBetter(objective, b.score, a.score)) return 1;
      return a.trial_id.length - b.trial_id.length || (a.trial_id < b.trial_id ? -1 : 1);
    });
}

async function runBracket(
  { iteration, bracket, rounds }: Bracket,
  firstId: number,
  configurations: readonly HpValues[],
  { objective, runner }: SearchOptions,
): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  let entrants: readonly Entrant[] = configurations.map((values) => ({
    values,
    configuration: undefined,
    parent: null,
  }));
  let nextId = firstId;
  for (const [round, { size, initialEpoch, epochs }] of rounds.entries()) {
    const first = nextId;
    const contest = await Promise.all(
      entrants.map(async ({ values, configuration, parent }, index) => {
        const id = trialId(first + index);
        const common = { trial_id: id, values, iteration, bracket, round, parent };
        const trial = { ...common, initial_epoch: initialEpoch, epochs };
        const name = configuration ?? id;
        return { name, trial: ended(trial, await runner.run(trial, name), objective) };
      }),
    );
    nextId += size;
    trials.push(...contest.map(({ trial }) => trial));
    const names = new Map(contest.map(({ name, trial }) => [trial.trial_id, name]));
    const promoted = ranked(
      contest.map(({ trial }) => trial),
      objective,
    ).slice(0, rounds[round + 1]?.size ?? 0);
    entrants = promoted.map(({ values, trial_id }) => ({
      values,
      configuration: names.get(trial_id),
      parent: trial_id,
    }));
    const kept = new Set(entrants.map(({ configuration }) => configuration));
    for (const { name } of contest) if (!kept.has(name)) await runner.drop(name);
  }
  return trials;
}

/** Number of trials, and of epochs that they train, when none fails. */
export function plannedWork(
  brackets: readonly Bracket[],
  configurations: number,
): { readonly trials: number; readonly epochs: number } {
  let left = configurations;
  let trials = 0;
  let epochs = 0;
  for (const { rounds } of brackets) {
    const entrants = Math.min(left, rounds[0]?.size ?? 0);
    left -= entrants;
    for (const round of rounds) {
      const size = Math.min(entrants, round.size);
      trials += size;
      epochs += size * (round.epochs - round.initialEpoch);
    }
  }
  return { trials, epochs };
}

/**
 * Searches.
 *
 * @returns all trials in the order of their ids. Ids are places in the schedule: where trials failed, or configurations
 *   were too few, some are left out
 */
export async function search(options: SearchOptions): Promise<readonly Trial[]> {
  let firstId = 0;
  let used = 0;
  const brackets = options.brackets.map((bracket) => {
    const sizes = bracket.rounds.map(({ size }) => size);
    const own = options.configurations.slice(used, used + (sizes[0] ?? 0));
    const running = runBracket(bracket, firstId, own, options);
    firstId += sizes.reduce((sum, size) => sum + size, 0);
    used += own.length;
    return running;
  });
  return (await Promise.all(brackets)).flat();
}
