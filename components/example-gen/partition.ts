/**
 * Divides examples among splits by the hash of their bytes, as TFX's ExampleGen does: where an example goes depends on
 * nothing but itself, and equal examples always stay together. Source: `_PartitionFn` in
 * tfx/components/example_gen/base_example_gen_executor.py, which takes
 * sha256(serialised example) modulo the sum of the shares.
 */
import { createHash } from 'node:crypto';
import type { PlannedInput } from './split-plan.js';

/**
 * Returns a function that says which split an example belongs to.
 *
 * @param shares - splits with their shares, in the order of their buckets
 */
export function partition(shares: PlannedInput['shares']): (example: Uint8Array) => string {
  const total = BigInt(shares.reduce((sum, [, share]) => sum + share, 0));
  const [only] = shares;
  if (only === undefined) throw new Error('there is no split');
  if (shares.length === 1) return () => only[0];
  return (example) => {
    const hash = createHash('sha256').update(example).digest('hex');
    let bucket = Number(BigInt(`0x${hash}`) % total);
    for (const [split, share] of shares) {
      if (bucket < share) return split;
      bucket -= share;
    }
    throw new Error('the buckets do not add up');
  };
}
