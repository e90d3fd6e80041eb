/**
 * Gives a search up whose first trials all died in the same way: the fault is not their configurations'. Which trials those
 * are depends on the schedule alone, never on which of them ends first.
 */
import { StepError } from '../executor.js';
import type { TrialOutcome, TrialRunner } from './trial.js';

/** Trials that die alike before a search is given up. */
const FIRST_TRIALS = 5;

/** The death that all have in common. */
function commonDeath(outcomes: readonly TrialOutcome[]): StepError | undefined {
  const [first] = outcomes;
  if (first?.status !== 'FAILED' || first.died === undefined) return undefined;
  const { message, died } = first;
  const isCommon = outcomes.every(
    (outcome) => outcome.status === 'FAILED' && outcome.died !== undefined && outcome.message === message,
  );
  if (!isCommon) return undefined;
  const text = `the search was given up, for its first ${String(outcomes.length)} trials ended alike: ${message}`;
  return new StepError(died.code, text, died.hint);
}

/**
 * Puts that judgement before a runner.
 *
 * @param configurations - how many there are; fewer than five must all die
 */
export function givingUp({ run, drop }: TrialRunner, configurations: number): TrialRunner {
  const judged = Math.min(FIRST_TRIALS, configurations);
  const first: TrialOutcome[] = [];
  let begun = 0;
  return {
    run: async (trial, configuration) => {
      const isFirst = begun++ < judged;
      const outcome = await run(trial, configuration);
      if (isFirst) first.push(outcome);
      const death = isFirst && first.length === judged ? commonDeath(first) : undefined;
      if (death !== undefined) throw death;
      return outcome;
    },
    drop,
  };
}
