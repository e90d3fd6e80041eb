/**
 * `transform_graph.json`: the operations that turn raw features into what a model is fed with, with the constants that
 * the analysis of the training split gave. Plain data, so that training, evaluation and every exported model apply the
 * very same thing.
 */
import type { FeatureSpec } from './examples-info.js';

/**
 * One operation on a batch of one feature. Constants of one element apply to all values; of `channels` elements, one a
 * channel (the last axis).
 * - `decode`: JPEG or PNG bytes to raw pixels of the given size; not part of exported models, which take pixels
 * - `cast`: to float32
 * - `scale`: x × multiply + add
 * - `standardize`: (x − mean) ÷ sqrt(variance + epsilon)
 * - `one_hot`: int32 of shape [n] to float32 of shape [n, depth]
 * - `vocabulary`: text to its index in `tokens`; unknown text to −1, which is an error in a label
 */
export type TransformStep =
  | { readonly op: 'decode'; readonly height: number; readonly width: number; readonly channels: number }
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

/** One transformed feature. */
export interface TransformedFeature {
  /** Name of the raw feature it is made from. */
  readonly source: string;
  readonly role: 'feature' | 'label';
  readonly steps: readonly TransformStep[];
  /** Type and shape of one example after all steps. */
  readonly output: { readonly dtype: 'float32' | 'int32'; readonly shape: readonly number[] };
  /** For a label: the names of the classes, by index. */
  readonly classes?: readonly string[];
}

/** The content of `transform_graph.json`. */
export interface TransformGraphFile {
  readonly version: 1;
  readonly inputs: Readonly<Record<string, FeatureSpec>>;
  /** Transformed features by name, in the order in which a model takes them. */
  readonly features: Readonly<Record<string, TransformedFeature>>;
}
