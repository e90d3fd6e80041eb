/**
 * The content of `conversion.json`: what was converted, what the file is made of, and how it was proved.
 */
import type { Comparison } from './compare-outputs.js';

/** A tensor at the border of the file: its name in the signature, and its shape with the batch. */
export interface BorderTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** The content of the file. Digests say which model and examples the numbers belong to. */
export interface Conversion {
  readonly version: 1;
  readonly model: string;
  readonly examples: string;
  readonly mode: 'float32';
  /** Size of the file. */
  readonly bytes: number;
  /** Operators in the order in which they run. */
  readonly operators: readonly string[];
  /** The first version of TensorFlow Lite that can run the file. */
  readonly minimum_runtime: string;
  readonly input: BorderTensor;
  readonly output: BorderTensor;
  readonly comparison: Comparison & {
    readonly split: string;
    readonly tolerance: number;
    /** What the model was computed with. */
    readonly backend: { readonly name: string; readonly version: string };
  };
}
