/**
 * From the operations of a trained model to the operators of TensorFlow Lite: which operator with which options, and the layout
 * of its weights. A `relu` or `relu6` becomes part of the operator before it where that can compute it.
 */
import {
  onlyUserOf,
  type ActivationName,
  type GraphOperation,
  type GraphStep,
  type GraphTensor,
  type InferenceGraph,
} from '../inference-graph.js';
import { flat, type FlatTable } from './flat-table.js';
import { LITE_TYPE, type LiteModel, type LiteOperator, type LiteTensor } from './lite-model.js';
import type { LiteOperatorName } from './lite-operators.js';

/** `Padding` of the schema. */
const PADDING = { same: 0, valid: 1 } as const;

/** `ActivationFunctionType` of the schema, as far as it is used. */
const FUSED = { none: 0, relu: 1, relu6: 3 } as const;

type Fused = keyof typeof FUSED;

const ACTIVATIONS: Readonly<Record<ActivationName, LiteOperatorName>> = {
  relu: 'RELU',
  relu6: 'RELU6',
  elu: 'ELU',
  sigmoid: 'LOGISTIC',
  tanh: 'TANH',
  softmax: 'SOFTMAX',
};

/** What an operation becomes: an operator, with the constants that it takes after the value. */
interface Lowered {
  readonly name: LiteOperatorName;
  /** Defaults to 1. */
  readonly version?: number;
  readonly constants?: readonly LiteTensor[];
  readonly options?: FlatTable;
}

/** Names of constants begin with that of the operation's output. */
interface Place {
  readonly name: string;
  readonly inputType: LiteTensor['type'];
  /** Shape of one example. */
  readonly shape: readonly number[];
  readonly activation: Fused;
}

function floats(name: string, values: Float32Array, shape: readonly number[]): LiteTensor {
  return { name, type: 'float32', shape, values };
}

function integers(name: string, values: readonly number[], shape: readonly number[]): LiteTensor {
  return { name, type: 'int32', shape, values: Int32Array.from(values) };
}

/** Weights whose last axis is that of the outputs, with that axis first. */
function outputsFirst(weights: Float32Array, outputs: number): Float32Array {
  const inputs = weights.length / outputs;
  return weights.map((_, index) => weights[(index % inputs) * outputs + Math.floor(index / inputs)] ?? NaN);
}

function convolution(operation: Extract<GraphOperation, { readonly filter: Float32Array }>, place: Place): Lowered {
  const { op, filter, filterShape, bias, dilations } = operation;
  const [height, width, channels, last] = filterShape;
  const biasTensor = floats(`${place.name}/bias`, bias, [bias.length]);
  const window = { 0: flat.int8(PADDING[operation.padding]), ...strideOptions(operation.strides) };
  if (op === 'conv2d') {
    return {
      name: 'CONV_2D',
      constants: [
        floats(`${place.name}/filter`, outputsFirst(filter, last), [last, height, width, channels]),
        biasTensor,
      ],
      options: {
        ...window,
        3: flat.int8(FUSED[place.activation]),
        4: flat.int32(dilations[1]),
        5: flat.int32(dilations[0]),
      },
    };
  }
  return {
    name: 'DEPTHWISE_CONV_2D',
    version: dilations.some((dilation) => dilation > 1) ? 2 : 1,
    // Channels in × multiplier, row-major, is the order of the channels out.
    constants: [floats(`${place.name}/filter`, filter, [1, height, width, channels * last]), biasTensor],
    options: {
      ...window,
      3: flat.int32(last),
      4: flat.int8(FUSED[place.activation]),
      5: flat.int32(dilations[1]),
      6: flat.int32(dilations[0]),
    },
  };
}

/** Slots 1 and 2 of everything that moves a window. */
function strideOptions([rows, columns]: readonly [number, number]): FlatTable {
  return { 1: flat.int32(columns), 2: flat.int32(rows) };
}

function lower(operation: GraphOperation, place: Place): Lowered {
  const { name, shape } = place;
  switch (operation.op) {
    case 'cast':
      return {
        name: 'CAST',
        options: { 0: flat.int8(LITE_TYPE[place.inputType]), 1: flat.int8(LITE_TYPE.float32) },
      };
    case 'multiply':
    case 'add':
      return {
        name: operation.op === 'add' ? 'ADD' : 'MUL',
        constants: [floats(`${name}/by`, operation.by, [operation.by.length])],
        options: { 0: flat.int8(FUSED[place.activation]) },
      };
    case 'sum':
    case 'product':
      return { name: operation.op === 'sum' ? 'ADD' : 'MUL', options: { 0: flat.int8(FUSED[place.activation]) } };
    case 'concatenate':
      return { name: 'CONCATENATION', options: { 0: flat.int32(operation.axis + 1), 1: flat.int8(FUSED.none) } };
    case 'conv2d':
    case 'depthwise_conv2d':
      return convolution(operation, place);
    case 'dense': {
      const { kernel, bias } = operation;
      const outputs = bias.length;
      return {
        name: 'FULLY_CONNECTED',
        constants: [
          floats(`${name}/kernel`, outputsFirst(kernel, outputs), [outputs, kernel.length / outputs]),
          floats(`${name}/bias`, bias, [outputs]),
        ],
        options: { 0: flat.int8(FUSED[place.activation]) },
      };
    }
    case 'max_pool':
    case 'average_pool': {
      const [height, width] = operation.size;
      return {
        name: operation.op === 'max_pool' ? 'MAX_POOL_2D' : 'AVERAGE_POOL_2D',
        options: {
          0: flat.int8(PADDING[operation.padding]),
          ...strideOptions(operation.strides),
          3: flat.int32(width),
          4: flat.int32(height),
        },
      };
    }
    case 'pad':
      return {
        name: 'PAD',
        constants: [integers(`${name}/paddings`, [0, 0, ...operation.rows, ...operation.columns, 0, 0], [4, 2])],
      };
    case 'reshape': {
      const target = [-1, ...shape];
      return {
        name: 'RESHAPE',
        constants: [integers(`${name}/shape`, target, [target.length])],
        options: { 0: flat.int32s(target) },
      };
    }
    case 'spatial_mean':
    case 'spatial_max':
      return {
        name: operation.op === 'spatial_mean' ? 'MEAN' : 'REDUCE_MAX',
        constants: [integers(`${name}/axes`, [1, 2], [2])],
        options: { 0: flat.bool(false) },
      };
    case 'activation':
      return {
        name: ACTIVATIONS[operation.name],
        ...(operation.name === 'softmax' ? { options: { 0: flat.float32(1) } } : {}),
      };
    case 'leaky_relu':
      return { name: 'LEAKY_RELU', options: { 0: flat.float32(operation.alpha) } };
  }
}

/** The step after this one, when it is an activation that the operator of this one can compute as well. */
function fusedStep(graph: InferenceGraph, { operation, output }: GraphStep): GraphStep | undefined {
  const fusible = 'bias' in operation || operation.op === 'add' || operation.op === 'sum';
  const user = fusible ? onlyUserOf(graph, output) : undefined;
  return user?.operation.op === 'activation' && user.operation.name in FUSED ? user : undefined;
}

/** Lowers a graph. The batch is 1. */
export function lowerGraph(graph: InferenceGraph): LiteModel {
  const tensors: LiteTensor[] = [];
  const add = (tensor: LiteTensor): number => tensors.push(tensor) - 1;
  const numbers = new Map<string, number>();
  const addValue = ({ name, dtype, shape }: GraphTensor): number => {
    const number = add({ name, type: dtype, shape: [1, ...shape] });
    numbers.set(name, number);
    return number;
  };
  const numberOf = ({ name }: GraphTensor): number => numbers.get(name) ?? NaN;
  const inputs = graph.inputs.map((input) => ({ name: input.name, tensor: addValue(input) }));
  const operators: LiteOperator[] = [];
  const fused = new Set<GraphStep>();
  for (const step of graph.steps) {
    if (fused.has(step)) continue;
    const next = fusedStep(graph, step);
    if (next !== undefined) fused.add(next);
    const { output } = next ?? step;
    const activation = next?.operation.op === 'activation' ? (next.operation.name as Fused) : 'none';
    const place = { name: output.name, inputType: step.inputs[0]?.dtype ?? 'float32', shape: output.shape, activation };
    const { constants = [], version = 1, ...lowered } = lower(step.operation, place);
    const taken = [...step.inputs.map(numberOf), ...constants.map(add)];
    operators.push({ ...lowered, version, inputs: taken, outputs: [addValue(output)] });
  }
  return { tensors, operators, inputs, output: { name: graph.outputName, tensor: numberOf(graph.output) } };
}
