/**
 * A trained model as operations, from raw features to the output: what SavedModel and TFLite files are both written from.
 * Plain data; shapes are those of one example.
 */

/** A value between operations. */
export interface GraphTensor {
  readonly name: string;
  readonly dtype: 'float32' | 'uint8' | 'int32';
  /** Without the batch. */
  readonly shape: readonly number[];
}

/** How windows lie at the borders: with zeros so that the size stays, or inside only. */
export type Padding = 'same' | 'valid';

/** Height and width. */
export type Pair = readonly [number, number];

/** Functions applied to every value; `softmax` along the last axis. */
export type ActivationName = 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'tanh' | 'softmax';

/** What an operation does to its input; `sum`, `product` and `concatenate` take two or more. Constants are float32. */
export type GraphOperation =
  | { readonly op: 'cast' }
  /** One factor or summand, or one a channel (the last axis). */
  | { readonly op: 'multiply' | 'add'; readonly by: Float32Array }
  | {
      readonly op: 'conv2d' | 'depthwise_conv2d';
      /** Height, width, channels in, channels out; of a depthwise one: height, width, channels in, multiplier. */
      readonly filterShape: readonly [number, number, number, number];
      readonly filter: Float32Array;
      /** One a channel of the output. */
      readonly bias: Float32Array;
      readonly strides: Pair;
      readonly dilations: Pair;
      readonly padding: Padding;
    }
  /** `kernel`: inputs × outputs, row-major. */
  | { readonly op: 'dense'; readonly kernel: Float32Array; readonly bias: Float32Array }
  | { readonly op: 'max_pool' | 'average_pool'; readonly size: Pair; readonly strides: Pair; readonly padding: Padding }
  /** Zeros above and below, left and right. */
  | { readonly op: 'pad'; readonly rows: Pair; readonly columns: Pair }
  /** To the shape of the output. */
  | { readonly op: 'reshape' }
  /** Over height and width. */
  | { readonly op: 'spatial_mean' | 'spatial_max' }
  /** Of two values of the same shape. */
  | { readonly op: 'sum' | 'product' }
  /** Along an axis of one example, counted from 0. */
  | { readonly op: 'concatenate'; readonly axis: number }
  | { readonly op: 'activation'; readonly name: ActivationName }
  | { readonly op: 'leaky_relu'; readonly alpha: number };

/** One operation. */
export interface GraphStep {
  readonly operation: GraphOperation;
  /** What it takes: inputs of the graph, or outputs of steps before it. */
  readonly inputs: readonly GraphTensor[];
  readonly output: GraphTensor;
}

/** A model. The names of all its tensors differ. */
export interface InferenceGraph {
  /** Raw features, under their names. */
  readonly inputs: readonly GraphTensor[];
  /** In an order in which they can be computed. */
  readonly steps: readonly GraphStep[];
  readonly output: GraphTensor;
  /** What the output means: its name in signatures. */
  readonly outputName: string;
}

/** The steps that take a value. */
export function usersOf({ steps }: InferenceGraph, { name }: GraphTensor): readonly GraphStep[] {
  return steps.filter(({ inputs }) => inputs.some((input) => input.name === name));
}

/** The only step that takes a value; none where there are several, or where the value is the output of the graph. */
export function onlyUserOf(graph: InferenceGraph, tensor: GraphTensor): GraphStep | undefined {
  const [user, second] = usersOf(graph, tensor);
  return second === undefined && graph.output.name !== tensor.name ? user : undefined;
}
