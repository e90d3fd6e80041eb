/**
 * Operations as methods of tensors: `x.mul(2).add(1)`. User code is written so, and so are some layers: `orthogonal`, which
 * the weights of recurrent layers start as. tfjs-node comes with them; for the other backends they are registered here,
 * because the files in which `tfjs-core` does so import each other as only bundlers can.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from './tensorflow.js';

/** Operations that take the tensor first, and then what the method of the same name is given. */
// prettier-ignore
const OPERATIONS = [
  'abs', 'acos', 'acosh', 'add', 'all', 'any', 'argMax', 'argMin', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'avgPool',
  'batchNorm', 'batchToSpaceND', 'broadcastTo', 'cast', 'ceil', 'clipByValue', 'conv1d', 'conv2d', 'conv2dTranspose',
  'cos', 'cosh', 'cumprod', 'cumsum', 'depthToSpace', 'depthwiseConv2d', 'dilation2d', 'div', 'divNoNan', 'dot', 'elu',
  'equal', 'erf', 'euclideanNorm', 'exp', 'expandDims', 'expm1', 'fft', 'floor', 'floorDiv', 'gather', 'greater',
  'greaterEqual', 'ifft', 'irfft', 'isFinite', 'isInf', 'isNaN', 'leakyRelu', 'less', 'lessEqual',
  'localResponseNormalization', 'log', 'log1p', 'logSigmoid', 'logSoftmax', 'logSumExp', 'logicalAnd', 'logicalNot',
  'logicalOr', 'logicalXor', 'matMul', 'max', 'maxPool', 'maximum', 'mean', 'min', 'minimum', 'mirrorPad', 'mod', 'mul',
  'neg', 'norm', 'notEqual', 'oneHot', 'onesLike', 'pad', 'pool', 'pow', 'prelu', 'prod', 'reciprocal', 'relu', 'relu6',
  'reshape', 'reverse', 'rfft', 'round', 'rsqrt', 'selu', 'separableConv2d', 'sigmoid', 'sign', 'sin', 'sinh', 'slice',
  'softmax', 'softplus', 'spaceToBatchND', 'split', 'sqrt', 'square', 'squaredDifference', 'squeeze', 'step',
  'stridedSlice', 'sub', 'sum', 'tan', 'tanh', 'tile', 'topk', 'transpose', 'unique', 'unsortedSegmentSum', 'unstack',
  'zerosLike',
] as const satisfies readonly (keyof Tensor & keyof TensorFlow)[];

/** What a method does with the tensor, the first argument, and what it is given. */
type Operation = (...all: never[]) => unknown;

/** Methods that have no operation of their name and order of arguments. */
function otherMethods(tf: TensorFlow): Readonly<Partial<Record<keyof Tensor, Operation>>> {
  const reshaped = (x: Tensor, ...shape: number[]) => tf.reshape(x, shape);
  const withOthers = (x: Tensor, others: Tensor | Tensor[]): Tensor[] => [x, others].flat();
  return {
    as1D: (x: Tensor) => tf.reshape(x, [x.size]),
    as2D: reshaped,
    as3D: reshaped,
    as4D: reshaped,
    as5D: reshaped,
    asScalar: (x: Tensor) => tf.reshape(x, []),
    asType: (x: Tensor, dtype: 'float32') => tf.cast(x, dtype),
    concat: (x: Tensor, others: Tensor | Tensor[], axis?: number) => tf.concat(withOthers(x, others), axis),
    flatten: (x: Tensor) => tf.reshape(x, [x.size]),
    reshapeAs: (x: Tensor, { shape }: Tensor) => tf.reshape(x, shape),
    resizeBilinear: tf.image.resizeBilinear<Tensor4D>,
    resizeNearestNeighbor: tf.image.resizeNearestNeighbor<Tensor4D>,
    stack: (x: Tensor, others: Tensor | Tensor[], axis?: number) => tf.stack(withOthers(x, others), axis),
    toBool: (x: Tensor) => tf.cast(x, 'bool'),
    toFloat: (x: Tensor) => tf.cast(x, 'float32'),
    toInt: (x: Tensor) => tf.cast(x, 'int32'),
    where: (x: Tensor, condition: Tensor, other: Tensor) => tf.where(condition, x, other),
  };
}

/** Gives the tensors of `tf` the methods that those of tfjs-node have. */
export function registerChainedOperations(tf: TensorFlow): void {
  const operations: [string, Operation][] = OPERATIONS.map((name) => [name, tf[name]]);
  for (const [name, operation] of [...operations, ...Object.entries(otherMethods(tf))]) {
    const value = function (this: Tensor, ...given: unknown[]): unknown {
      this.throwIfDisposed();
      return (operation as (...all: unknown[]) => unknown)(this, ...given);
    };
    Object.defineProperty(tf.Tensor.prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
}
