/**
 * A column as numbers that tensors can be made from: images decoded, text looked up, numbers checked. What is left of
 * the transform then works on tensors.
 */
import { StepError } from '../executor.js';
import { checkFinite } from '../formats/check-finite.js';
import { decodeColumn } from '../formats/examples/decode-column.js';
import type { Column } from '../formats/examples/examples-info.js';
import type { TransformStep } from '../formats/transform/transform-graph.js';
import { afterStep, type StepValue } from '../formats/transform/transform-steps.js';

/** A feature of many examples. */
export interface NumericColumn {
  /** Example by example; as many each as the shape says. */
  readonly values: Uint8Array | Int32Array | Float32Array;
  /** Shape of one example. */
  readonly shape: readonly number[];
  /** Steps that are still to be applied. */
  readonly steps: readonly TransformStep[];
}

type Decode = Extract<TransformStep, { op: 'decode' }>;

async function decoded(images: readonly Uint8Array[], step: Decode, where: string): Promise<Uint8Array> {
  const size = step.height * step.width * step.channels;
  let pixels: Uint8Array;
  try {
    pixels = new Uint8Array(images.length * size);
  } catch {
    throw new StepError(
      'split-too-large',
      `${String(images.length)} decoded images do not fit into memory`,
      'decode to a smaller size, or take fewer examples',
    );
  }
  let start = 0;
  for await (const image of decodeColumn(images, step, where)) {
    pixels.set(image, start);
    start += size;
  }
  return pixels;
}

/** Indices of texts; −1 for those that are not in the vocabulary. */
function indicesOf(texts: readonly string[], tokens: readonly string[]): Int32Array {
  const indices = new Map(tokens.map((token, index) => [token, index]));
  return Int32Array.from(texts, (text) => indices.get(text) ?? -1);
}

/**
 * Applies those steps that come before there are tensors.
 *
 * @param raw - what the column holds
 * @param where - of the column, for messages: `feature 'image' of split 'train'`
 * @throws StepError when an image cannot be decoded, or a number is not finite
 */
export async function numericColumn(
  column: Column,
  raw: StepValue,
  steps: readonly TransformStep[],
  where: string,
): Promise<NumericColumn> {
  const [first, ...rest] = steps;
  if (first?.op === 'decode') {
    const after = afterStep(raw, first);
    if ('problem' in after) throw new Error(after.problem);
    return { values: await decoded(column as readonly Uint8Array[], first, where), shape: after.shape, steps: rest };
  }
  if (first?.op === 'vocabulary') {
    return { values: indicesOf(column as readonly string[], first.tokens), shape: [], steps: rest };
  }
  if (column instanceof Float32Array) checkFinite(column, raw.shape[0] ?? 1, where);
  return { values: column as Uint8Array | Int32Array | Float32Array, shape: raw.shape, steps };
}
