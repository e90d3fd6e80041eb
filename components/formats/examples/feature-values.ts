/**
 * Takes values out of features, which hold lists: the one value that is expected, or the list. What is not as expected is
 * a RangeError that says in what; the caller knows where.
 */
import type { Feature } from './example.js';

interface Lists {
  readonly bytes: readonly Uint8Array[];
  readonly float: Float32Array;
  readonly int64: readonly bigint[];
}

function listOf<K extends keyof Lists>(feature: Feature | undefined, kind: K): Lists[K] {
  if (feature === undefined || feature.kind === 'none') throw new RangeError('it is missing');
  if (feature.kind !== kind) throw new RangeError(`it holds ${feature.kind} values, not ${kind}`);
  return feature.values as Lists[K];
}

function onlyOne<T>(values: ArrayLike<T>): T {
  const value = values[0];
  if (value !== undefined && values.length === 1) return value;
  throw new RangeError(`it has ${String(values.length)} values, not one`);
}

/** The one bytes value. */
export function bytesOf(feature: Feature | undefined): Uint8Array {
  return onlyOne(listOf(feature, 'bytes'));
}

/** The one integer, of 32 bits at most. */
export function integerOf(feature: Feature | undefined): number {
  const value = onlyOne(listOf(feature, 'int64'));
  if (value !== BigInt.asIntN(32, value)) throw new RangeError(`${String(value)} does not fit into 32 bits`);
  return Number(value);
}

/** All floats. */
export function floatsOf(feature: Feature | undefined): Float32Array {
  return listOf(feature, 'float');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RangeError('it is no UTF-8 text');
  }
}
