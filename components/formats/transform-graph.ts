/**
 * `transform_graph.json`: the operations that turn raw features into what a model is fed with, with the constants that
 * the analysis of the training split gave. Plain data, so that training, evaluation and every exported model apply the
 * very same thing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import type { FeatureSpec } from './examples-info.js';

/**
 * One operation on a batch of one feature. Constants of one element apply to all values; of `channels` elements, one a
 * channel (the last axis).
 * - `decode`: JPEG or PNG bytes to raw pixels of the given size; not part of exported models, which take pixels
 * - `cast`: to float32; single values of shape [n] become [n, 1]
 * - `scale`: x × multiply + add
 * - `standardize`: (x − mean) × factor, with factor = 1 ÷ sqrt(variance + epsilon); see {@link standardizeFactors}
 * - `one_hot`: int32 of shape [n] to float32 of shape [n, depth]; a value outside 0 … depth − 1 gives zeros
 * - `vocabulary`: text to its index in `tokens`; unknown text to −1, which is an error in a label
 *
 * Constants are rounded to float32 once, when they are applied. Which step may follow which: `transform-shapes.ts`.
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
  /**
   * Type and shape of one example after all steps. A feature is float32. A label is an int32 class index of shape [],
   * float32 of shape [number of classes] when it is one-hot encoded, or a float32 number of shape [1] to be predicted.
   */
  readonly output: { readonly dtype: 'float32' | 'int32'; readonly shape: readonly number[] };
  /** For a label: the names of the classes, by index. */
  readonly classes?: readonly string[];
}

/** The content of `transform_graph.json`. */
export interface TransformGraphFile {
  readonly version: 1;
  readonly inputs: Readonly<Record<string, FeatureSpec>>;
  /** Transformed features by name. A model takes those with the role `feature`, in the order of {@link featureNames}. */
  readonly features: Readonly<Record<string, TransformedFeature>>;
}

/** Name of the file in a TransformGraph, and in a Model. */
export const TRANSFORM_GRAPH_FILE = 'transform_graph.json';

/** Names of the transformed features of one role in the order of their code units, which is the one a model takes them in. */
export function featureNames(graph: TransformGraphFile, role: TransformedFeature['role']): readonly string[] {
  return Object.entries(graph.features)
    .filter(([, feature]) => feature.role === role)
    .map(([name]) => name)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** The factor by which `standardize` multiplies: 1 ÷ sqrt(variance + epsilon) for every variance. */
export function standardizeFactors(step: Extract<TransformStep, { op: 'standardize' }>): readonly number[] {
  return step.variance.map((variance) => 1 / Math.sqrt(variance + step.epsilon));
}

/**
 * Writes `transform_graph.json` as canonical JSON.
 *
 * @param folder - of a TransformGraph or Model artifact
 */
export async function writeTransformGraph(folder: string, graph: TransformGraphFile): Promise<void> {
  await writeFile(join(folder, TRANSFORM_GRAPH_FILE), canonicalJson(graph));
}

/**
 * Reads `transform_graph.json` and checks all of it: kinds, constants, that every step can be applied to what the one
 * before it gives, and that the outputs are as declared.
 *
 * @param folder - of a TransformGraph or Model artifact
 * @throws StepError `transform-graph-invalid` when it is missing, damaged or contradicts itself
 */
export async function readTransformGraph(folder: string): Promise<TransformGraphFile> {
  const file = join(folder, TRANSFORM_GRAPH_FILE);
  // TODO
  return JSON.parse(await readFile(file, 'utf8')) as TransformGraphFile;
}
