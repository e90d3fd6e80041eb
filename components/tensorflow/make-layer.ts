/**
 * From a layer as params describe it to a layer of TensorFlow.js. Names of layers and weights come from the layer's place
 * in the model, initial weights from the seed: both are the same in every process.
 */
import type { layers } from '@tensorflow/tfjs-layers';
import { isMapping } from '../../artifacts/mapping.js';
import { randomStream } from '../random.js';
import type { LayerName } from '../training-params.js';
import type { TensorFlow } from './tensorflow.js';

/** A layer of TensorFlow.js. */
export type Layer = ReturnType<typeof layers.dense>;

/** Arguments as params give them, in Keras' snake case. */
type Arguments = Readonly<Record<string, unknown>>;

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
}

/** An initializer or regularizer argument becomes an object, all others stay as they are. */
function argument(tf: TensorFlow, key: string, value: unknown, seed: number): unknown {
  if (key.endsWith('_initializer') && typeof value === 'string') {
    const make = tf.initializers as unknown as Record<string, (options: { seed?: number }) => unknown>;
    return make[camelCase(value)]?.(value === 'zeros' ? {} : { seed });
  }
  if (key.endsWith('_regularizer') && isMapping(value)) {
    return tf.regularizers.l1l2({ l1: Number(value['l1'] ?? 0), l2: Number(value['l2'] ?? 0) });
  }
  // Of UpSampling2D, which takes two numbers only.
  if (key === 'size' && typeof value === 'number') return [value, value];
  if (key === 'activation' && typeof value === 'string') return camelCase(value);
  return value;
}

/** Initializers that Keras uses where none is named; named here so that they take the seed. */
const INITIALIZERS: Readonly<Partial<Record<LayerName, readonly string[]>>> = {
  Conv2D: ['kernel_initializer'],
  Dense: ['kernel_initializer'],
  DepthwiseConv2D: ['depthwise_initializer'],
  SeparableConv2D: ['depthwise_initializer', 'pointwise_initializer'],
};

const MAKERS: Readonly<Record<LayerName, keyof TensorFlow['layers']>> = {
  Conv2D: 'conv2d',
  DepthwiseConv2D: 'depthwiseConv2d',
  SeparableConv2D: 'separableConv2d',
  Dense: 'dense',
  Flatten: 'flatten',
  Reshape: 'reshape',
  Dropout: 'dropout',
  BatchNormalization: 'batchNormalization',
  Activation: 'activation',
  ReLU: 'reLU',
  LeakyReLU: 'leakyReLU',
  ELU: 'elu',
  Softmax: 'softmax',
  MaxPooling2D: 'maxPooling2d',
  AveragePooling2D: 'averagePooling2d',
  GlobalAveragePooling2D: 'globalAveragePooling2d',
  GlobalMaxPooling2D: 'globalMaxPooling2d',
  ZeroPadding2D: 'zeroPadding2d',
  UpSampling2D: 'upSampling2d',
  GaussianNoise: 'gaussianNoise',
};

/** Defaults that TensorFlow.js has otherwise: it normalises over the first axis after that of the examples. */
const OTHER_DEFAULTS: Readonly<Partial<Record<LayerName, Arguments>>> = { Softmax: { axis: -1 } };

/** The name that a layer bears at a place of the model: `conv2d_0`. */
export function layerName(name: LayerName, index: number): string {
  return `${name.toLowerCase()}_${String(index)}`;
}

/**
 * Makes a layer.
 *
 * @param index - its place among the layers of the model
 */
export function makeLayer(tf: TensorFlow, name: LayerName, given: Arguments, index: number, seed: number): Layer {
  const defaults = Object.fromEntries((INITIALIZERS[name] ?? []).map((key) => [key, 'glorot_uniform']));
  const all: Arguments = { ...OTHER_DEFAULTS[name], ...defaults, ...given };
  const config = Object.fromEntries(
    Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        // 0 would count as no seed.
        const own = 1 + randomStream(seed, 'initializer', index, key).integer(2 ** 31 - 2);
        return [camelCase(key), argument(tf, key, value, own)];
      }),
  );
  const make = tf.layers[MAKERS[name]] as unknown as (config: object) => Layer;
  return make({ ...config, name: layerName(name, index) });
}
