import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Progress } from '../../../components/executor.js';
import { randomStream } from '../../../components/random.js';
import type { Objective } from '../../../components/tuner/objective.js';
import { givingUp } from '../../../components/tuner/hopeless-search.js';
import { configurationCount, hyperbandSchedule, schedule, type Bracket } from '../../../components/tuner/schedule.js';
import { plannedWork, ranked, search } from '../../../components/tuner/search.js';
import { SearchProgress } from '../../../components/tuner/search-progress.js';
import type { PlannedTrial, Trial, TrialOutcome, TrialRunner } from '../../../components/tuner/trial.js';
import { recordedRunner } from '../../../components/tuner/trial-records.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const objective: Objective = { name: 'val_accuracy', direction: 'max' };
const brackets = hyperbandSchedule({ max_epochs: 10, factor: 3, hyperband_iterations: 1 });
const twelve: readonly Bracket[] = brackets.slice(0, 1);

const configurations = (count: number): readonly { readonly x: number }[] =>
  Array.from({ length: count }, (_, x) => ({ x }));

/** A training whose accuracy of an epoch is a pure function of configuration and epoch. */
function outcomeOf({ values, epochs }: PlannedTrial): TrialOutcome {
  const history = Array.from({ length: epochs }, (_, index) => ({
    epoch: index + 1,
    loss: 1,
    val_accuracy: randomStream(Number(values['x']), index).uniform(),
  }));
  return { status: 'COMPLETED', history };
}

const dead = (message: string): TrialOutcome => ({
  status: 'FAILED',
  message,
  died: { code: 'worker-died', hint: 'look' },
});

/** A runner that scores with `score`, and remembers what it ran. */
function scoring(score: (x: number, trial: PlannedTrial) => number | undefined): TrialRunner & {
  readonly ran: string[];
  readonly trainings: string[];
  readonly dropped: string[];
} {
  const ran: string[] = [];
  const trainings: string[] = [];
  const dropped: string[] = [];
  return {
    ran,
    trainings,
    dropped,
    run: (trial, configuration) => {
      ran.push(trial.trial_id);
      trainings.push(configuration);
      const val_accuracy = score(Number(trial.values['x']), trial);
      if (val_accuracy === undefined) return Promise.resolve({ status: 'FAILED', message: 'the loss became NaN' });
      const history = Array.from({ length: trial.epochs }, (_, index) => ({ epoch: index + 1, loss: 1, val_accuracy }));
      return Promise.resolve({ status: 'COMPLETED', history });
    },
    drop: (configuration) => {
      dropped.push(configuration);
      return Promise.resolve();
    },
  };
}

const xs = (trials: readonly Trial[], round: number): readonly unknown[] =>
  trials.filter((trial) => trial.round === round).map(({ values }) => values['x']);

describe('a search', () => {
  test('promotes the best of every round, best first, with the weights that they have', async () => {
    const runner = scoring((x) => x / 100);
    const trials = await search({ brackets: twelve, configurations: configurations(12), objective, runner });
    expect(xs(trials, 1)).toEqual([11, 10, 9, 8]);
    expect(xs(trials, 2)).toEqual([11, 10]);
    const [, , , , , , , , , , , eleventh] = trials;
    expect(eleventh).toMatchObject({ trial_id: '0011', round: 0, initial_epoch: 0, epochs: 2, parent: null });
    expect(trials[12]).toMatchObject({ trial_id: '0012', initial_epoch: 2, epochs: 4, parent: '0011' });
    expect(trials[16]).toMatchObject({ trial_id: '0016', initial_epoch: 4, epochs: 10, parent: '0012' });
    expect(trials[16]).toMatchObject({ score: 0.11, best_epoch: 5 });
    // The same training all the way, and the weights of the others are let go once they are out.
    expect(runner.trainings.slice(12)).toEqual(['0011', '0010', '0009', '0008', '0011', '0010']);
    expect(runner.dropped.slice(0, 8).sort()).toEqual(Array.from({ length: 8 }, (_, id) => `000${String(id)}`));
    expect(runner.dropped).toHaveLength(12);
  });

  test('promotes the least where less is better, and the earlier one of equals', async () => {
    const runner = scoring((x) => (x < 6 ? 0.5 : 0.7));
    const least = { name: 'val_accuracy', direction: 'min' } as const;
    const options = { brackets: twelve, configurations: configurations(12), runner };
    expect(xs(await search({ ...options, objective: least }), 1)).toEqual([0, 1, 2, 3]);
    const trials = await search({ ...options, objective });
    expect(xs(trials, 1)).toEqual([6, 7, 8, 9]);
    expect(ranked(trials, objective)[0]).toMatchObject({ trial_id: '0006' });
  });

  test('numbers its trials as places in the schedule', async () => {
    const runner = scoring((x) => x);
    const trials = await search({ brackets, configurations: configurations(22), objective, runner });
    expect(trials.map(({ trial_id }) => Number(trial_id))).toEqual(Array.from({ length: 30 }, (_, id) => id));
    expect(plannedWork(brackets, 22)).toEqual({ trials: 30, epochs: 120 });
    expect(configurationCount(brackets)).toBe(22);
  });

  test('scores a trial by its own epochs, and one that had stopped early by those before', async () => {
    const halving: readonly Bracket[] = [
      {
        iteration: 0,
        bracket: 1,
        rounds: [
          { size: 2, initialEpoch: 0, epochs: 2 },
          { size: 2, initialEpoch: 2, epochs: 4 },
        ],
      },
    ];
    const accuracies = [
      [0.5, 0.9, 0.6, 0.7],
      [0.4, 0.3],
    ];
    const runner: TrialRunner = {
      run: ({ values, epochs }) => {
        const own = accuracies[Number(values['x'])]?.slice(0, epochs) ?? [];
        const history = own.map((val_accuracy, index) => ({ epoch: index + 1, loss: 1, val_accuracy }));
        return Promise.resolve({ status: 'COMPLETED', history });
      },
      drop: () => Promise.resolve(),
    };
    const trials = await search({ brackets: halving, configurations: configurations(2), objective, runner });
    expect(trials.map(({ score }) => score)).toEqual([0.9, 0.4, 0.7, 0.4]);
    expect(trials[2]).toMatchObject({ best_epoch: 4, history: [{ epoch: 3 }, { epoch: 4 }] });
    expect(trials[3]).toMatchObject({ best_epoch: 1, history: [] });
  });

  test('goes on without the trials that failed', async () => {
    const runner = scoring((x) => (x > 2 ? undefined : x));
    const trials = await search({ brackets: twelve, configurations: configurations(12), objective, runner });
    expect(trials.filter(({ status }) => status === 'FAILED')).toHaveLength(9);
    expect(trials[5]).toMatchObject({ status: 'FAILED', score: null, message: 'the loss became NaN' });
    expect(xs(trials, 1)).toEqual([2, 1, 0]);
    expect(xs(trials, 2)).toEqual([2, 1]);
  });

  test('gives the last brackets fewer, or nothing, where configurations are too few', async () => {
    const runner = scoring((x) => x);
    const trials = await search({ brackets, configurations: configurations(13), objective, runner });
    expect(trials.filter(({ bracket }) => bracket === 1).map(({ trial_id }) => trial_id)).toEqual(['0018', '0024']);
    expect(trials.filter(({ bracket }) => bracket === 0)).toEqual([]);
    expect(plannedWork(brackets, 13).trials).toBe(trials.length);
  });

  test('comes out the same in whatever order trials end', async () => {
    const options = { brackets, configurations: configurations(22), objective };
    const drop = (): Promise<void> => Promise.resolve();
    const expected = await search({
      ...options,
      runner: { run: (trial) => Promise.resolve(outcomeOf(trial)), drop },
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const run = scheduler.scheduleFunction((trial: PlannedTrial) => Promise.resolve(outcomeOf(trial)));
        const found = await scheduler.waitFor(search({ ...options, runner: { run, drop } }));
        expect(found).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a search that was killed', () => {
  const options = { brackets, configurations: configurations(22), objective };

  test('runs no finished trial again, and comes out the same', async () => {
    const expected = await search({ ...options, runner: scoring((x) => (x === 3 ? undefined : Math.sin(x))) });
    const folder = join(temporaryFolder(), 'trials');
    const score = (x: number): number | undefined => (x === 3 ? undefined : Math.sin(x));
    for (const survived of [0, 7, 21, 25]) {
      const dying = scoring(score);
      const run: TrialRunner['run'] = async (trial, configuration) => {
        if (dying.ran.length >= survived) throw new Error('killed');
        return await dying.run(trial, configuration);
      };
      const runner = await recordedRunner(folder, { ...dying, run }, () => undefined);
      await search({ ...options, runner }).catch((error: unknown) => {
        expect(error).toMatchObject({ message: 'killed' });
      });
    }
    const known: string[] = [];
    const last = scoring(score);
    const runner = await recordedRunner(folder, last, (id) => known.push(id));
    expect(await search({ ...options, runner })).toEqual(expected);
    expect(known.length).toBeGreaterThanOrEqual(20);
    expect([...known, ...last.ran].sort()).toEqual(expected.map(({ trial_id }) => trial_id));
  });

  test('runs trials again whose process had died, and what then has another place', async () => {
    const folder = join(temporaryFolder(), 'trials');
    const weak: TrialRunner = {
      run: (trial) => Promise.resolve(Number(trial.values['x']) > 17 ? dead('was ended by SIGKILL') : outcomeOf(trial)),
      drop: () => Promise.resolve(),
    };
    const before = await search({ ...options, runner: await recordedRunner(folder, weak, () => undefined) });
    expect(before.filter(({ status }) => status === 'FAILED')).toHaveLength(4);
    const strong = { ...weak, run: (trial: PlannedTrial) => Promise.resolve(outcomeOf(trial)) };
    const known: string[] = [];
    const runner = await recordedRunner(folder, strong, (id) => known.push(id));
    expect(await search({ ...options, runner })).toEqual(await search({ ...options, runner: strong }));
    expect(known.length).toBeGreaterThan(10);
  });
});

describe('a search whose first trials die', () => {
  const options = { brackets, configurations: configurations(22), objective };
  const drop = (): Promise<void> => Promise.resolve();
  const searched = (message: (x: number) => string | undefined, count = 22): Promise<readonly Trial[]> => {
    const run: TrialRunner['run'] = (trial) => {
      const text = message(Number(trial.values['x']));
      return Promise.resolve(text === undefined ? outcomeOf(trial) : dead(text));
    };
    const those = configurations(count);
    return search({ ...options, configurations: those, runner: givingUp({ run, drop }, count) });
  };

  test('is given up when they died alike, of two as well', async () => {
    const given = { code: 'worker-died', hint: 'look' };
    await expect(searched(() => 'it fell')).rejects.toMatchObject({
      ...given,
      message: 'the search was given up, for its first 5 trials ended alike: it fell',
    });
    await expect(searched(() => 'it fell', 2)).rejects.toMatchObject(given);
  });

  test('goes on when one of them did not, or in another way, or when only later ones die', async () => {
    expect((await searched((x) => (x === 3 ? undefined : 'it fell'))).length).toBeGreaterThan(22);
    expect(await searched((x) => (x === 3 ? 'it broke' : 'it fell'))).toHaveLength(22);
    expect((await searched((x) => (x < 5 ? undefined : 'it fell'))).length).toBeGreaterThan(22);
  });

  test('is given up, or not, in whatever order they end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isSound) => {
        const run = scheduler.scheduleFunction((trial: PlannedTrial) =>
          Promise.resolve(trial.values['x'] === 4 && isSound ? outcomeOf(trial) : dead('it fell')),
        );
        const searching = search({ ...options, runner: givingUp({ run, drop }, 22) }).then(
          () => true,
          () => false,
        );
        expect(await scheduler.waitFor(searching)).toBe(isSound);
      }),
      { numRuns: 20 },
    );
  });
});

test('progress says which trial, the best so far and what is left', () => {
  const common = { iteration: 0, bracket: 0, round: 0, initial_epoch: 0, epochs: 4, parent: null };
  const first: PlannedTrial = { trial_id: '0000', values: { x: 0 }, ...common };
  const second: PlannedTrial = { trial_id: '0001', values: { x: 1 }, ...common };
  const told: Progress[] = [];
  let now = 1000;
  const size = plannedWork(schedule({ RandomSearch: { max_trials: 2, epochs: 4 } }), 2);
  const progress = new SearchProgress(
    size,
    objective,
    (update) => told.push(update),
    () => now,
  );
  // The pace is that of the trainings: loading the data is over with their first word, and comes only once.
  now = 60_000;
  progress.training(first, { message: '', fraction: 0, rate: { value: 10, unit: 'images' } });
  expect(told.at(-1)).toEqual({ message: 'trial 1/2', fraction: 0, rate: { value: 10, unit: 'images' } });
  now = 62_000;
  progress.training(first, { message: '', fraction: 0.5, rate: { value: 100, unit: 'images' } });
  expect(told.at(-1)).toEqual({
    message: 'trial 1/2',
    fraction: 0.25,
    rate: { value: 100, unit: 'images' },
    etaSeconds: 6,
  });
  // It goes on after the second of its four epochs, which therefore say nothing of the pace.
  progress.training(second, { message: '', fraction: 0.5, rate: { value: 50, unit: 'images' } });
  expect(told.at(-1)).toMatchObject({ fraction: 0.5, rate: { value: 150 }, etaSeconds: 4 });
  // Two epochs in the last two minutes: nobody asks how fast it was before.
  now = 70_000;
  progress.training(first, { message: '', fraction: 0.5 });
  now = 189_000;
  progress.training(first, { message: '', fraction: 0.75 });
  now = 190_500;
  progress.training(second, { message: '', fraction: 0.75 });
  expect(told.at(-1)).toMatchObject({ fraction: 0.75, etaSeconds: 120.5 });
  progress.ended(first, outcomeOf(first), false);
  expect(told.at(-1)).toMatchObject({ fraction: 0.875, etaSeconds: 60.25 });
  expect(told.at(-1)?.message).toMatch(/^trial 2\/2, best val_accuracy 0\.\d{4}$/u);
  progress.ended(second, { status: 'FAILED', message: '' }, false);
  expect(told.at(-1)).toMatchObject({ message: expect.stringContaining('trial 2/2'), fraction: 1, etaSeconds: 0 });
});
