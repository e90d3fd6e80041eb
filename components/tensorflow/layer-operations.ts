/**
 * What a layer with one input does, as operations with its weights.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ActivationName, GraphOperation, Padding, Pair } from '../formats/inference-graph.js';
import { unsupported } from './graph-builder.js';

/** A layer of a model. */
export type Layer = LayersModel['layers'][number];

/** Its arguments, with TensorFlow.js's names. */
export type LayerConfig = Readonly<Record<string, unknown>>;

const ACTIVATIONS: readonly string[] = [
  'relu',
  'relu6',
  'elu',
  'sigmoid',
  'tanh',
  'softmax',
] satisfies ActivationName[];

function activation(value: unknown, layer: Layer): readonly GraphOperation[] {
  const name = typeof value === 'string' ? value : 'linear';
  if (name === 'linear') return [];
  if (name === 'swish') return [{ op: 'activation', name: 'sigmoid' }, { op: 'product' }];
  if (ACTIVATIONS.includes(name)) return [{ op: 'activation', name: name as ActivationName }];
  throw unsupported(`the activation '${name}' of layer ${layer.name}`);
}

/** Weights of a layer; `dataSync` is at hand on every backend, and exporting is no hot path. */
function weightsOf(layer: Layer): readonly { readonly shape: readonly number[]; readonly values: Float32Array }[] {
  return layer.getWeights().map((weight) => ({ shape: weight.shape, values: Float32Array.from(weight.dataSync()) }));
}

type FilterShape = readonly [number, number, number, number];

function convolution(layer: Layer, config: LayerConfig): readonly GraphOperation[] {
  const depthwise = layer.getClassName() === 'DepthwiseConv2D';
  const separable = layer.getClassName() === 'SeparableConv2D';
  const weights = weightsOf(layer);
  const [first, second, third] = weights;
  if (first === undefined) throw unsupported(`layer ${layer.name} without weights`);
  const common = {
    strides: config['strides'] as Pair,
    dilations: (config['dilationRate'] ?? [1, 1]) as Pair,
    padding: config['padding'] as Padding,
  };
  const filterShape = first.shape as FilterShape;
  const [, , channels, last] = filterShape;
  const outputs = depthwise || separable ? channels * last : last;
  const made: GraphOperation[] = [
    {
      op: depthwise || separable ? 'depthwise_conv2d' : 'conv2d',
      filterShape,
      filter: first.values,
      bias: (separable ? undefined : second?.values) ?? new Float32Array(outputs),
      ...common,
    },
  ];
  if (separable && second !== undefined) {
    const pointwise = second.shape as FilterShape;
    made.push({
      op: 'conv2d',
      filterShape: pointwise,
      filter: second.values,
      bias: third?.values ?? new Float32Array(pointwise[3]),
      strides: [1, 1],
      dilations: [1, 1],
      padding: 'valid',
    });
  }
  return [...made, ...activation(config['activation'], layer)];
}

function batchNormalization(layer: Layer, config: LayerConfig): readonly GraphOperation[] {
  const values = weightsOf(layer).map((weight) => weight.values);
  const gamma = config['scale'] === false ? undefined : values.shift();
  const beta = config['center'] === false ? undefined : values.shift();
  const [mean = new Float32Array(), variance = new Float32Array()] = values;
  const epsilon = Number(config['epsilon']);
  const factors = Float32Array.from(variance, (value, channel) => (gamma?.[channel] ?? 1) / Math.sqrt(value + epsilon));
  const summands = Float32Array.from(
    factors,
    (factor, channel) => (beta?.[channel] ?? 0) - (mean[channel] ?? 0) * factor,
  );
  return [
    { op: 'multiply', by: factors },
    { op: 'add', by: summands },
  ];
}

/**
 * The operations, one after the other; `product` also takes what the one before it took.
 *
 * @returns none for a layer that only matters while training
 * @throws StepError `unsupported-layer` for what cannot be written
 */
export function layerOperations(layer: Layer): readonly GraphOperation[] {
  const config = layer.getConfig() as LayerConfig;
  const name = layer.getClassName();
  switch (name) {
    case 'InputLayer':
    case 'Dropout':
    case 'GaussianNoise':
      return [];
    case 'Conv2D':
    case 'DepthwiseConv2D':
    case 'SeparableConv2D':
      return convolution(layer, config);
    case 'BatchNormalization':
      return batchNormalization(layer, config);
    case 'Dense': {
      const [kernel, bias] = weightsOf(layer);
      if (kernel?.shape.length !== 2 || ([layer.input].flat()[0]?.shape.length ?? 2) > 2) break;
      return [
        { op: 'dense', kernel: kernel.values, bias: bias?.values ?? new Float32Array(kernel.shape[1] ?? 0) },
        ...activation(config['activation'], layer),
      ];
    }
    case 'MaxPooling2D':
    case 'AveragePooling2D':
      return [
        {
          op: name === 'MaxPooling2D' ? 'max_pool' : 'average_pool',
          size: config['poolSize'] as Pair,
          strides: config['strides'] as Pair,
          padding: config['padding'] as Padding,
        },
      ];
    case 'GlobalAveragePooling2D':
      return [{ op: 'spatial_mean' }];
    case 'GlobalMaxPooling2D':
      return [{ op: 'spatial_max' }];
    case 'Flatten':
    case 'Reshape':
      return [{ op: 'reshape' }];
    case 'ZeroPadding2D': {
      const [rows, columns] = config['padding'] as readonly [Pair, Pair];
      return [{ op: 'pad', rows, columns }];
    }
    case 'Activation':
      return activation(config['activation'], layer);
    case 'Softmax':
      return [{ op: 'activation', name: 'softmax' }];
    case 'ReLU':
      if (config['maxValue'] === undefined || config['maxValue'] === null) return [{ op: 'activation', name: 'relu' }];
      if (config['maxValue'] === 6) return [{ op: 'activation', name: 'relu6' }];
      break;
    case 'LeakyReLU':
      return [{ op: 'leaky_relu', alpha: Number(config['alpha'] ?? 0.3) }];
    case 'ELU':
      if (Number(config['alpha'] ?? 1) === 1) return [{ op: 'activation', name: 'elu' }];
      break;
    default:
      break;
  }
  throw unsupported(`layer ${layer.name} (${name})`);
}
