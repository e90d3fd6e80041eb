/**
 * How many configurations train for how many epochs: brackets of rounds. A round trains some configurations up to an
 * epoch, and the best of them go on to the next round.
 */
import { param, type ParamValue } from '../params.js';
import { epochsParam } from '../training-params.js';

/** The trials of one round. */
export interface Round {
  /** Number of trials. */
  readonly size: number;
  /** Epochs that the configurations have trained before. */
  readonly initialEpoch: number;
  /** Epochs that they have trained afterwards. */
  readonly epochs: number;
}

/** Rounds of successive halving, each with the best of the one before. */
export interface Bracket {
  /** Counted from 0. */
  readonly iteration: number;
  /** KerasTuner's number: that of rounds after the first. */
  readonly bracket: number;
  readonly rounds: readonly Round[];
}

/** How the space is searched. */
export const algorithmParam = param.oneOf(
  {
    Hyperband: param.object(
      {
        max_epochs: param.integer({
          doc: 'Epochs of the trainings that get furthest.',
          minimum: 1,
          maximum: 10_000,
          default: 10,
        }),
        factor: param.integer({
          doc: 'From round to round, as many times fewer trials train as many times longer.',
          minimum: 2,
          maximum: 100,
          default: 3,
        }),
        hyperband_iterations: param.integer({
          doc: 'How often all brackets are gone through, with new configurations.',
          minimum: 1,
          maximum: 100,
          default: 1,
        }),
      },
      {
        doc: 'Many configurations for few epochs, the best of them for more (Li et al. 2018), scheduled as by KerasTuner.',
      },
    ),
    RandomSearch: param.object(
      {
        max_trials: param.integer({ doc: 'Number of configurations.', minimum: 1, maximum: 10_000, default: 10 }),
        epochs: epochsParam,
      },
      { doc: 'Configurations drawn at random, all trained for the same number of epochs.' },
    ),
  },
  { doc: 'How the space is searched.', default: { Hyperband: {} } },
);

/** Value of {@link algorithmParam}. */
export type Algorithm = ParamValue<typeof algorithmParam>;

/** Arguments of Hyperband. */
export type Hyperband = Extract<Algorithm, { readonly Hyperband: unknown }>['Hyperband'];

/** Number of times that an epoch is left when `maxEpochs` is divided by `factor` again and again. */
function bracketCount(maxEpochs: number, factor: number): number {
  let count = 0;
  for (let epochs = maxEpochs; epochs >= 1; epochs /= factor) count++;
  return count;
}

/** ⌈log_factor(number)⌉, in integers: quotients of logarithms miss the powers. */
function ceilLog(number: number, factor: number): number {
  let exponent = 0;
  for (let power = 1; power < number; power *= factor) exponent++;
  return exponent;
}

/**
 * The schedule of KerasTuner's `HyperbandOracle`: the bracket with most rounds first; round r of bracket b has
 * ⌈(1 + ⌈log_factor(max_epochs)⌉) / (b + 1) × factor^(b − r)⌉ trials, up to epoch ⌈max_epochs / factor^(b − r)⌉.
 */
export function hyperbandSchedule({ max_epochs, factor, hyperband_iterations }: Hyperband): readonly Bracket[] {
  const lastSize = 1 + ceilLog(max_epochs, factor);
  const epochs = (bracket: number, round: number): number =>
    round < 0 ? 0 : Math.ceil(max_epochs / factor ** (bracket - round));
  const count = bracketCount(max_epochs, factor);
  return Array.from({ length: hyperband_iterations * count }, (_, index) => {
    const bracket = count - 1 - (index % count);
    const rounds = Array.from({ length: bracket + 1 }, (_round, round) => ({
      size: Math.ceil((lastSize / (bracket + 1)) * factor ** (bracket - round)),
      initialEpoch: epochs(bracket, round - 1),
      epochs: epochs(bracket, round),
    }));
    return { iteration: Math.floor(index / count), bracket, rounds };
  });
}

/** The schedule of an algorithm. Random search is one round. */
export function schedule(algorithm: Algorithm): readonly Bracket[] {
  if ('Hyperband' in algorithm) return hyperbandSchedule(algorithm.Hyperband);
  const { max_trials: size, epochs } = algorithm.RandomSearch;
  return [{ iteration: 0, bracket: 0, rounds: [{ size, initialEpoch: 0, epochs }] }];
}

/** Number of configurations that a schedule begins with. */
export function configurationCount(brackets: readonly Bracket[]): number {
  return brackets.reduce((sum, { rounds: [first] }) => sum + (first?.size ?? 0), 0);
}
