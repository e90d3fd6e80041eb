/**
 * Takes the statistics of one feature from the analysed split.
 */
import { StepError } from '../executor.js';
import { checkFinite } from '../formats/check-finite.js';
import { decodeColumn } from '../formats/examples/decode-column.js';
import type { Column, FeatureSpec } from '../formats/examples/examples-info.js';
import { byteAccumulator, numberAccumulator, type ChannelStatistics } from './channel-statistics.js';
import type { Statistics } from './resolve-steps.js';
import type { Operation } from './spec.js';
import { vocabularyOf } from './vocabulary.js';

/** Texts that may get an index without a limit being set: more are hardly classes or words. */
const MAX_TOKENS = 2 ** 20;

/** Which statistics were asked for. */
export interface Wanted {
  channels: boolean;
  tokens: boolean;
}

/** Statistics that stand in while it is found out which ones are wanted. */
export function placeholderStatistics(channels: number, wanted: Wanted): Statistics {
  return {
    channels: () => {
      wanted.channels = true;
      return Array.from({ length: channels }, () => ({ mean: 0, variance: 1, minimum: 0, maximum: 1 }));
    },
    tokens: () => {
      wanted.tokens = true;
      return ['a'];
    },
  };
}

async function channelsOf(
  column: Column,
  spec: FeatureSpec,
  operations: readonly Operation[],
  where: string,
  onExample: (row: number) => void,
): Promise<readonly ChannelStatistics[]> {
  if (column instanceof Uint8Array) {
    const accumulator = byteAccumulator(spec.kind === 'image' && spec.encoding === 'raw' ? spec.channels : 1);
    accumulator.add(column);
    return accumulator.statistics();
  }
  if (column instanceof Float32Array || column instanceof Int32Array) {
    const size = spec.kind === 'float' ? spec.size : 1;
    if (column instanceof Float32Array) checkFinite(column, size, where);
    const accumulator = numberAccumulator(size);
    accumulator.add(column);
    return accumulator.statistics();
  }
  const [first] = operations;
  if (first === undefined || !('decode' in first)) throw new Error(`${where} has no numbers`);
  const channels = first.decode.channels === 1 ? 1 : 3;
  const accumulator = byteAccumulator(channels);
  let row = 0;
  for await (const pixels of decodeColumn(
    column as readonly Uint8Array[],
    { op: 'decode', ...first.decode, channels },
    where,
  )) {
    accumulator.add(pixels);
    onExample(row++);
  }
  return accumulator.statistics();
}

/**
 * Reads a column once for what was wanted of it.
 *
 * @param column - with at least one example
 * @param where - of the column, for messages
 * @param onExample - called now and then with the number of the example that was reached
 * @throws StepError when an image cannot be decoded, a number is not finite, or there are no texts or too many
 */
export async function analyze(
  column: Column,
  spec: FeatureSpec,
  operations: readonly Operation[],
  wanted: Wanted,
  where: string,
  onExample: (row: number) => void,
): Promise<Statistics> {
  const channels = wanted.channels ? await channelsOf(column, spec, operations, where, onExample) : [];
  return {
    channels: () => channels,
    tokens: (options) => {
      const tokens = vocabularyOf(column as readonly string[], options);
      if (tokens.length === 0) {
        throw new StepError(
          'vocabulary-empty',
          `no text of ${where} occurs ${String(options.minCount)} times`,
          'lower min_count',
        );
      }
      if (tokens.length > MAX_TOKENS) {
        throw new StepError(
          'vocabulary-too-large',
          `${where} has ${String(tokens.length)} different texts`,
          'keep the most frequent ones with max_tokens, or leave the feature out with drop',
        );
      }
      return tokens;
    },
  };
}
