import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configurationCount, hyperbandSchedule, schedule } from '../../../components/tuner/schedule.js';
import { kerasTuner } from './keras-tuner.js';

describe('the schedule of Hyperband', () => {
  test.each(kerasTuner.schedules)(
    'is KerasTuner’s for $max_epochs epochs, factor $factor, $hyperband_iterations iterations',
    ({ rounds, ...hyperband }) => {
      const ours = hyperbandSchedule(hyperband).flatMap(({ bracket, rounds: own }) =>
        own.map(({ initialEpoch, epochs, size }, round) => [bracket, round, initialEpoch, epochs, size]),
      );
      expect(ours).toEqual(rounds);
    },
  );

  test('trains fewer for longer, from round to round', () => {
    const hyperband = fc.record({
      max_epochs: fc.integer({ min: 1, max: 10_000 }),
      factor: fc.integer({ min: 2, max: 100 }),
      hyperband_iterations: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(hyperband, (params) => {
        for (const { bracket, rounds } of hyperbandSchedule(params)) {
          expect(rounds).toHaveLength(bracket + 1);
          expect(rounds[0]?.initialEpoch).toBe(0);
          expect(rounds.at(-1)?.epochs).toBe(params.max_epochs);
          for (const [index, round] of rounds.entries()) {
            const next = rounds[index + 1];
            expect(round.epochs).toBeGreaterThan(round.initialEpoch);
            expect(round.size).toBeGreaterThan(0);
            if (next !== undefined) expect(next.initialEpoch).toBe(round.epochs);
            if (next !== undefined) expect(next.size).toBeLessThan(round.size);
          }
        }
      }),
    );
  });
});

test('random search is one round', () => {
  const brackets = schedule({ RandomSearch: { max_trials: 7, epochs: 3 } });
  expect(brackets).toEqual([{ iteration: 0, bracket: 0, rounds: [{ size: 7, initialEpoch: 0, epochs: 3 }] }]);
  expect(configurationCount(brackets)).toBe(7);
});
