/**
 * The steps of a transform, and what a feature looks like before, between and after them: its type and the shape of one
 * example. Pure; the one place that says which step may follow which. Applying them is the business of TensorFlow.
 */
import type { FeatureSpec } from '../examples/examples-info.js';

/**
 * One operation on a batch of one feature. Constants of one element apply to all values; of `channels` elements, one a
 * channel (the last axis).
 * - `decode`: JPEG or PNG bytes to raw pixels of the given size: stretched (`fill`), cropped (`cover`) or padded in black
 *   (`contain`); not part of exported models, which take pixels
 * - `cast`: to float32; single values of shape [n] become [n, 1]
 * - `scale`: x × multiply + add
 * - `standardize`: (x − mean) × factor, with factor = 1 ÷ sqrt(variance + epsilon); see {@link standardizeFactors}
 * - `one_hot`: int32 of shape [n] to float32 of shape [n, depth]; a value outside 0 … depth − 1 gives zeros
 * - `vocabulary`: text to its index in `tokens`; unknown text to −1, which is an error in a label
 *
 * Constants are rounded to float32 once, when they are applied. Which step may follow which: {@link afterStep}.
 */
export type TransformStep =
  | {
      readonly op: 'decode';
      readonly height: number;
      readonly width: number;
      readonly channels: 1 | 3;
      readonly fit: 'fill' | 'cover' | 'contain';
    }
  | { readonly op: 'cast' }
  | { readonly op: 'scale'; readonly multiply: readonly number[]; readonly add: readonly number[] }
  | {
      readonly op: 'standardize';
      readonly mean: readonly number[];
      readonly variance: readonly number[];
      readonly epsilon: number;
    }
  | { readonly op: 'one_hot'; readonly depth: number }
  | { readonly op: 'vocabulary'; readonly tokens: readonly string[] };

/** The factor by which `standardize` multiplies: 1 ÷ sqrt(variance + epsilon) for every variance. */
export function standardizeFactors(step: Extract<TransformStep, { op: 'standardize' }>): readonly number[] {
  return step.variance.map((variance) => 1 / Math.sqrt(variance + step.epsilon));
}

/** One example of a feature between two steps. `bytes`: an encoded image; `text`: a string. Both have no shape. */
export interface StepValue {
  readonly dtype: 'bytes' | 'text' | 'uint8' | 'int32' | 'float32';
  readonly shape: readonly number[];
}

/** A step that cannot be applied to what stands before it. */
export interface MisplacedStep {
  readonly problem: string;
}

/** What a raw feature looks like. */
export function rawValue(feature: FeatureSpec): StepValue {
  switch (feature.kind) {
    case 'image':
      return feature.encoding === 'encoded'
        ? { dtype: 'bytes', shape: [] }
        : { dtype: 'uint8', shape: [feature.height, feature.width, feature.channels] };
    case 'label':
    case 'integer':
      return { dtype: 'int32', shape: [] };
    case 'float':
      return { dtype: 'float32', shape: [feature.size] };
    case 'string':
      return { dtype: 'text', shape: [] };
  }
}

/** A value in words, for errors: `an encoded image`, `int32 values of shape [3]`. */
export function describeStepValue({ dtype, shape }: StepValue): string {
  if (dtype === 'bytes') return 'an encoded image';
  if (dtype === 'text') return 'text';
  return shape.length === 0 ? `one ${dtype} value` : `${dtype} values of shape [${shape.join(', ')}]`;
}

function needs(value: StepValue, wanted: string): MisplacedStep {
  return { problem: `needs ${wanted}, but gets ${describeStepValue(value)}` };
}

/** Whether constants fit values: one for all, or one a channel (the last axis). */
function fits(constants: readonly number[], { shape }: StepValue): boolean {
  return constants.length === 1 || constants.length === (shape.at(-1) ?? 1);
}

/** What a value looks like after one more step, or why the step cannot be applied to it. */
export function afterStep(value: StepValue, step: TransformStep): StepValue | MisplacedStep {
  switch (step.op) {
    case 'decode':
      if (value.dtype !== 'bytes') return needs(value, 'an encoded image');
      return { dtype: 'uint8', shape: [step.height, step.width, step.channels] };
    case 'cast':
      if (value.dtype === 'bytes') return needs(value, 'numbers (decode the image first)');
      if (value.dtype === 'text') return needs(value, 'numbers (give the text a vocabulary first)');
      return { dtype: 'float32', shape: value.shape.length === 0 ? [1] : value.shape };
    case 'scale':
    case 'standardize': {
      if (value.dtype !== 'float32') return needs(value, 'float32 values');
      const constants = step.op === 'scale' ? [step.multiply, step.add] : [step.mean, step.variance];
      if (constants.every((list) => fits(list, value))) return value;
      return {
        problem: `has ${constants.map((list) => String(list.length)).join(' and ')} constants for ${describeStepValue(value)}`,
      };
    }
    case 'one_hot':
      if (value.dtype !== 'int32') return needs(value, 'an int32 value');
      return { dtype: 'float32', shape: [step.depth] };
    case 'vocabulary':
      if (value.dtype !== 'text') return needs(value, 'text');
      return { dtype: 'int32', shape: [] };
  }
}
