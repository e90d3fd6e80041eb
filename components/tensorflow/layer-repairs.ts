/**
 * Layers that TensorFlow.js computes but does not train, on any backend. While they are trained they are computed by what
 * it has gradients for; what they are, and what is saved of them, stays the same.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlow } from './tensorflow.js';

/** What gives a weight's values. */
interface Weight {
  read(): Tensor;
}

type Call<T> = (this: T, inputs: Tensor | Tensor[], kwargs: Readonly<Record<string, unknown>>) => Tensor | Tensor[];

/** Marks classes that are repaired already: a process may load its backend more than once. */
const REPAIRED = Symbol('repaired');

interface LayerClass<T> {
  call: Call<T>;
  [REPAIRED]?: true;
}

/** The class that a layer gets a method from. */
function ownerOf(layer: object, method: string): object {
  let owner = Object.getPrototypeOf(layer) as object;
  while (!Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as object;
  return owner;
}

/**
 * Lets another layer be called in the place of a class' layers while they are trained.
 *
 * @param example - any layer of the class
 * @param inPlace - the layer itself where it needs no other
 */
function whileTraining<T extends object>(example: object, inPlace: (layer: T) => T): void {
  const owner = ownerOf(example, 'call') as LayerClass<T>;
  if (Object.hasOwn(owner, REPAIRED)) return;
  const { call } = owner;
  owner[REPAIRED] = true;
  owner.call = function (inputs, kwargs) {
    return call.call(kwargs['training'] === true ? inPlace(this) : this, inputs, kwargs);
  };
}

/** A layer like another but for some of its properties. */
function but<T extends object>(layer: T, changed: Partial<T>): T {
  return Object.assign(Object.create(layer) as T, changed);
}

/**
 * Puts zeros between the elements of a filter.
 *
 * @param filter - its first axes are those of the image
 * @param rates - distance of the elements along each of them
 */
function spread(tf: TensorFlow, filter: Tensor, rates: readonly number[]): Tensor {
  return rates.reduce((all, rate, axis) => {
    const { shape } = all;
    const size = shape[axis] ?? 1;
    const before = tf.util.sizeFromShape(shape.slice(0, axis));
    const after = tf.util.sizeFromShape(shape.slice(axis + 1));
    const apart = tf.reshape(all, [before, size, 1, after]);
    const padded = tf.pad(
      apart,
      [0, 0, rate - 1, 0].map((zeros): [number, number] => [0, zeros]),
    );
    const length = (size - 1) * rate + 1;
    const cut = tf.slice(tf.reshape(padded, [before, size * rate, after]), [0, 0, 0], [before, length, after]);
    return tf.reshape(cut, [...shape.slice(0, axis), length, ...shape.slice(axis + 1)]);
  }, filter);
}

/** A convolution whose filter has this name. */
type Convolution<Filter extends string> = Readonly<Record<Filter, Weight>> & {
  readonly dilationRate: readonly number[];
};

/** A dilated convolution as one by a filter with zeros in it, which is the same. */
function undilated<Filter extends string>(tf: TensorFlow, filter: Filter) {
  return (layer: Convolution<Filter>): Convolution<Filter> => {
    const { [filter]: weight, dilationRate } = layer;
    if (dilationRate.every((rate) => rate === 1)) return layer;
    const read = (): Tensor => spread(tf, weight.read(), dilationRate);
    return but<object>(layer, { [filter]: { read }, dilationRate: dilationRate.map(() => 1) }) as typeof layer;
  };
}

interface Normalization {
  readonly movingMean: Weight;
  readonly gamma?: Weight | null;
  readonly beta?: Weight | null;
}

/** Repairs the classes of layers that `tf` makes. */
export function repairLayers(tf: TensorFlow): void {
  // Dilated convolutions have no gradient.
  whileTraining(tf.layers.conv2d({ filters: 1, kernelSize: 1 }), undilated(tf, 'kernel'));
  whileTraining(tf.layers.separableConv2d({ filters: 1, kernelSize: 1 }), undilated(tf, 'depthwiseKernel'));
  // A factor or offset that is not learnt is read nevertheless.
  whileTraining(tf.layers.batchNormalization(), (layer: Normalization) => {
    const { gamma, beta, movingMean } = layer;
    if (gamma && beta) return layer;
    return but(layer, {
      gamma: gamma ?? { read: () => tf.onesLike(movingMean.read()) },
      beta: beta ?? { read: () => tf.zerosLike(movingMean.read()) },
    });
  });
}
