/**
 * A TensorFlow Lite model as plain data: tensors, and operators in the order in which they run. What the numbers of a file
 * look like stands in encode-lite-model.ts; how a trained model becomes one, in lower-graph.ts.
 */
import type { FlatTable } from './flat-table.js';
import type { LiteOperatorName } from './lite-operators.js';

/** `TensorType` of the schema. */
export const LITE_TYPE = { float32: 0, int32: 2, uint8: 3 } as const;

/** A tensor: a constant, or a value that is computed. */
export interface LiteTensor {
  readonly name: string;
  readonly type: keyof typeof LITE_TYPE;
  /** With the batch, which is 1. */
  readonly shape: readonly number[];
  /** Of a constant. */
  readonly values?: Float32Array | Int32Array;
}

/** One operator. Tensors by their number. */
export interface LiteOperator {
  readonly name: LiteOperatorName;
  /** The runtime must know exactly this version. */
  readonly version: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The table of its options, where it has one. */
  readonly options?: FlatTable;
}

/** A tensor under its name in the signature. */
export interface LiteSignatureTensor {
  readonly name: string;
  readonly tensor: number;
}

/** A model with one output. */
export interface LiteModel {
  readonly tensors: readonly LiteTensor[];
  readonly operators: readonly LiteOperator[];
  readonly inputs: readonly LiteSignatureTensor[];
  readonly output: LiteSignatureTensor;
}
