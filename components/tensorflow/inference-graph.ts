/**
 * From a layers model and its transform to a chain of operations that begins at the raw feature. What only matters while
 * training (dropout, noise) vanishes; batch normalisation becomes a factor and a summand.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { StepError } from '../executor.js';
import type { FeatureSpec } from '../formats/examples-info.js';
import type {
  ActivationName,
  GraphOperation,
  GraphStep,
  GraphTensor,
  InferenceGraph,
  Padding,
  Pair,
} from '../formats/inference-graph.js';
import type { ModelInfo } from '../formats/model-info.js';
import { standardizeFactors, type TransformGraphFile, type TransformStep } from '../formats/transform-graph.js';

type Layer = LayersModel['layers'][number];
type Config = Readonly<Record<string, unknown>>;

function unsupported(what: string): StepError {
  return new StepError(
    'unsupported-layer',
    what,
    'train with other layers to export the model; see the README of Trainer',
  );
}

/** What the exported model takes: the raw feature, but of encoded images their pixels, of the size that they decode to. */
function inputTensor(name: string, spec: FeatureSpec | undefined, [first]: readonly TransformStep[]): GraphTensor {
  if (first?.op === 'decode') return { name, dtype: 'uint8', shape: [first.height, first.width, first.channels] };
  if (spec?.kind === 'image' && spec.encoding === 'raw') {
    return { name, dtype: 'uint8', shape: [spec.height, spec.width, spec.channels] };
  }
  if (spec?.kind === 'float') return { name, dtype: 'float32', shape: [spec.size] };
  throw unsupported(`the feature '${name}' is neither raw pixels nor numbers`);
}

function transformOperations(step: TransformStep): readonly GraphOperation[] {
  switch (step.op) {
    case 'decode':
    case 'cast':
      return [];
    case 'scale':
      return [
        { op: 'multiply', by: Float32Array.from(step.multiply) },
        { op: 'add', by: Float32Array.from(step.add) },
      ];
    case 'standardize': {
      const factors = standardizeFactors(step);
      const factor = (channel: number): number => factors[channel] ?? factors[0] ?? 1;
      const means = step.mean.length >= factors.length ? step.mean : factors.map(() => step.mean[0] ?? 0);
      return [
        { op: 'multiply', by: Float32Array.from(factors) },
        { op: 'add', by: Float32Array.from(means, (mean, channel) => -mean * factor(channel)) },
      ];
    }
    default:
      throw unsupported(`the transform step '${step.op}'`);
  }
}

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
  if (ACTIVATIONS.includes(name)) return [{ op: 'activation', name: name as ActivationName }];
  throw unsupported(`the activation '${name}' of layer ${layer.name}`);
}

/** Weights of a layer; `dataSync` is at hand on every backend, and exporting is no hot path. */
function weightsOf(layer: Layer): readonly { readonly shape: readonly number[]; readonly values: Float32Array }[] {
  return layer.getWeights().map((weight) => ({ shape: weight.shape, values: Float32Array.from(weight.dataSync()) }));
}

type FilterShape = readonly [number, number, number, number];

function convolution(layer: Layer, config: Config): readonly GraphOperation[] {
  const depthwise = layer.getClassName() === 'DepthwiseConv2D';
  const separable = layer.getClassName() === 'SeparableConv2D';
  const weights = weightsOf(layer);
  const [first, second, third] = weights;
  if (first === undefined) throw unsupported(`layer ${layer.name} has no weights`);
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

function batchNormalization(layer: Layer, config: Config): readonly GraphOperation[] {
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

function layerOperations(layer: Layer): readonly GraphOperation[] {
  const config = layer.getConfig() as Config;
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
  throw unsupported(`layer ${layer.name} (${name}) cannot be exported`);
}

/** Layers in the order of the chain; a model that branches is refused. */
function chain(model: LayersModel): readonly Layer[] {
  const { layers } = model;
  layers.forEach((layer, index) => {
    const [node, second] = layer.inboundNodes;
    const before = node?.inboundLayers ?? [];
    const follows = before.length === 0 || (before.length === 1 && (index === 0 || before[0] === layers[index - 1]));
    if (second !== undefined || !follows)
      throw unsupported(`layer ${layer.name} is not part of a plain chain of layers`);
  });
  return layers;
}

/** Shape of one example after an operation of a layer: only the last one has the layer's own output shape. */
function shapeAfter(
  operation: GraphOperation,
  before: readonly number[],
  layer: readonly number[],
  last: boolean,
): readonly number[] {
  if (last) return layer;
  switch (operation.op) {
    case 'depthwise_conv2d': {
      const [, , channels, multiplier] = operation.filterShape;
      return [...layer.slice(0, 2), channels * multiplier];
    }
    case 'multiply':
    case 'add':
    case 'activation':
      return before;
    default:
      return layer;
  }
}

/**
 * The chain of a model, from the raw feature to its output.
 *
 * @throws StepError `unsupported-layer` for a layer, an activation, a transform or a shape of the model that cannot be
 * written
 */
export function inferenceGraph(model: LayersModel, info: ModelInfo, graph: TransformGraphFile): InferenceGraph {
  const [featureName, second] = info.features;
  const feature = featureName === undefined ? undefined : graph.features[featureName];
  if (feature === undefined || second !== undefined) throw unsupported('a model of several features');
  const input = inputTensor(feature.source, graph.inputs[feature.source], feature.steps);
  const steps: GraphStep[] = [];
  const current = (): GraphTensor => steps.at(-1)?.output ?? input;
  const append = (operation: GraphOperation, name: string, shape: readonly number[]): void => {
    steps.push({ operation, output: { name, dtype: 'float32', shape } });
  };
  if (input.dtype !== 'float32') append({ op: 'cast' }, `${input.name}/cast`, input.shape);
  const transformed = feature.steps.flatMap(transformOperations);
  transformed.forEach((operation, index) => {
    append(operation, `${input.name}/transform_${String(index)}`, input.shape);
  });
  for (const layer of chain(model)) {
    const operations = layerOperations(layer);
    const shape = [layer.outputShape].flat(2).slice(1).map(Number);
    operations.forEach((operation, index) => {
      const last = index === operations.length - 1;
      const after = shapeAfter(operation, current().shape, shape, last || index >= operations.length - 2);
      append(operation, last ? layer.name : `${layer.name}/${operation.op}`, after);
    });
  }
  const lastStep = steps.at(-1)?.operation;
  const isSoftmax = lastStep?.op === 'activation' && lastStep.name === 'softmax';
  return { input, steps, outputName: isSoftmax ? 'probabilities' : 'outputs' };
}
