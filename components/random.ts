/**
 * Seeded randomness. Every purpose has a stream of its own, so that drawing more numbers for one thing changes nothing
 * for another: the shuffle of epoch 3 is the same whatever was drawn before it.
 */
import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { canonicalJson } from '../artifacts/canonical-json.js';

/** Random numbers, the same ones for the same seed and purpose on every machine. */
export interface RandomStream {
  /** An integer from 0 to `below` − 1. */
  integer(below: number): number;
  /** A number from 0 (included) to 1 (excluded), in steps of 2⁻⁵³. */
  readonly uniform: () => number;
  /** A number of the normal distribution with mean 0 and variance 1 (Box and Muller 1958). */
  normal(): number;
  /** Brings the items into a random order, in place (Fisher and Yates). */
  shuffle(items: Uint32Array): void;
}

/**
 * Opens a stream.
 *
 * @param seed - of the step
 * @param purpose - what the numbers are for: `'shuffle', 3`
 */
export function randomStream(seed: number, ...purpose: readonly (string | number)[]): RandomStream {
  const state = createHash('sha256')
    .update(canonicalJson([seed, ...purpose]))
    .digest();
  // The lowest bit keeps the state from being all zeros, which would stay there.
  const generator = xoroshiro128plusFromState([
    state.readInt32LE(0) | 1,
    state.readInt32LE(4),
    state.readInt32LE(8),
    state.readInt32LE(12),
  ]);
  const integer = (below: number): number => uniformInt(generator, 0, below - 1);
  const uniform = (): number => {
    const high = generator.next() >>> 6;
    const low = generator.next() >>> 5;
    return (high * 2 ** 27 + low) / 2 ** 53;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const shuffle = (items: Uint32Array): void => {
    for (let last = items.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      const item = items[last] ?? 0;
      items[last] = items[other] ?? 0;
      items[other] = item;
    }
  };
  return { integer, uniform, normal, shuffle };
}
