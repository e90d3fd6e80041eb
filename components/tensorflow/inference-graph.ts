/**
 * From a layers model and its transform to operations that begin at the raw features. What only matters while training
 * (dropout, noise) vanishes; batch normalisation becomes a factor and a summand.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { GraphOperation, GraphTensor, InferenceGraph } from '../formats/inference-graph.js';
import type { ModelInfo } from '../formats/model-info.js';
import type { TransformGraphFile } from '../formats/transform/transform-graph.js';
import { inputTensors, transformedFeatures } from './feature-operations.js';
import { graphBuilder, unsupported, type GraphBuilder } from './graph-builder.js';
import { layerOperations, type Layer, type LayerConfig } from './layer-operations.js';

/** Shape of one example after an operation of a layer that gives `layer`. */
function shapeAfter(operation: GraphOperation, before: readonly number[], layer: readonly number[]): readonly number[] {
  switch (operation.op) {
    case 'depthwise_conv2d': {
      // Of a separable convolution the second half changes the channels.
      const [, , channels, multiplier] = operation.filterShape;
      return [...layer.slice(0, 2), channels * multiplier];
    }
    case 'multiply':
    case 'add':
    case 'sum':
    case 'product':
    case 'activation':
    case 'leaky_relu':
      return before;
    default:
      return layer;
  }
}

/** A layer that brings values together. */
function mergeSteps(layer: Layer, values: readonly GraphTensor[], name: string, { append }: GraphBuilder): GraphTensor {
  const kind = layer.getClassName();
  const shape = shapeOf(layer);
  const [first, ...others] = values;
  if (kind === 'Concatenate') {
    const axis = Number((layer.getConfig() as LayerConfig)['axis'] ?? -1);
    const ofExample = axis < 0 ? axis + shape.length : axis - 1;
    if (ofExample >= 0) return append({ op: 'concatenate', axis: ofExample }, values, name, shape);
  }
  const alike = values.every((value) => value.shape.join() === shape.join());
  if (first !== undefined && alike && ['Add', 'Average', 'Multiply'].includes(kind)) {
    const op = kind === 'Multiply' ? 'product' : 'sum';
    const merged = others.reduce((value, other) => append({ op }, [value, other], name, shape), first);
    if (kind !== 'Average') return merged;
    return append({ op: 'multiply', by: Float32Array.of(1 / values.length) }, [merged], `${name}/mean`, shape);
  }
  throw unsupported(`layer ${layer.name} (${kind})`);
}

function shapeOf(layer: Layer): readonly number[] {
  return [layer.outputShape].flat(2).slice(1).map(Number);
}

function layerSteps(layer: Layer, values: readonly GraphTensor[], target: GraphBuilder): GraphTensor {
  // Slashes are for what belongs to a layer.
  const name = layer.name.replaceAll('/', '_');
  const [only, second] = values;
  if (only === undefined || second !== undefined) return mergeSteps(layer, values, name, target);
  const operations = layerOperations(layer);
  let before = only;
  return operations.reduce((value, operation, index) => {
    const inputs = operation.op === 'product' ? [value, before] : [value];
    before = value;
    const wanted = index === operations.length - 1 ? name : `${name}/${operation.op}`;
    return target.append(operation, inputs, wanted, shapeAfter(operation, value.shape, shapeOf(layer)));
  }, only);
}

/**
 * The operations of a model, from the raw features to its output.
 *
 * @throws StepError `unsupported-layer` for a layer, an activation, a transform or a shape of the model that cannot be
 * written
 */
export function inferenceGraph(model: LayersModel, info: ModelInfo, graph: TransformGraphFile): InferenceGraph {
  const inputs = inputTensors(info.features, graph);
  const target = graphBuilder([...inputs.values()]);
  const [input, secondInput] = model.inputs;
  const [output, secondOutput] = model.outputs;
  if (input === undefined || output === undefined || secondInput !== undefined || secondOutput !== undefined)
    throw unsupported('a model of several inputs or outputs');
  const values = new Map([[input.id, transformedFeatures(info.features, graph, inputs, target)]]);
  for (const layer of model.layers) {
    const [node, second] = layer.inboundNodes;
    if (layer.getClassName() === 'InputLayer') continue;
    const taken = (node?.inputTensors ?? []).flatMap(({ id }) => values.get(id) ?? []);
    if (node === undefined || second !== undefined || taken.length !== node.inputTensors.length)
      throw unsupported(`layer ${layer.name}, which is used in several places,`);
    for (const { id } of node.outputTensors) values.set(id, layerSteps(layer, taken, target));
  }
  const result = values.get(output.id);
  if (result === undefined) throw unsupported('a model whose output does not come from its layers');
  const last = target.steps.find((step) => step.output === result)?.operation;
  const isSoftmax = last?.op === 'activation' && last.name === 'softmax';
  return {
    inputs: [...inputs.values()],
    steps: target.steps,
    output: result,
    outputName: isSoftmax ? 'probabilities' : 'outputs',
  };
}
