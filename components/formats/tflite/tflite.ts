/**
 * TensorFlow Lite: a frozen graph as a FlatBuffer, with the signature serving_default. It takes one example at a time, as
 * raw features: pixels are uint8, the transform is inside.
 */
import type { InferenceGraph } from '../inference-graph.js';
import { encodeLiteModel } from './encode-lite-model.js';
import { foldFactors } from './fold-factors.js';
import type { LiteOperatorName } from './lite-operators.js';
import { minimumRuntime } from './lite-operators.js';
import { lowerGraph } from './lower-graph.js';

/** A file with what is in it. */
export interface TFLiteFile {
  readonly bytes: Uint8Array;
  /** Operators in the order in which they run. */
  readonly operators: readonly LiteOperatorName[];
  /** The first version of TensorFlow Lite that can run it. */
  readonly minimumRuntime: string;
}

/** Writes a graph as a `.tflite` file; the same bytes for the same graph. */
export function encodeTFLite(graph: InferenceGraph): TFLiteFile {
  const model = lowerGraph(foldFactors(graph));
  return {
    bytes: encodeLiteModel(model),
    operators: model.operators.map(({ name }) => name),
    minimumRuntime: minimumRuntime(model.operators),
  };
}
