/**
 * From raw features to what a model is fed with, as operations: the part of an exported model that its transform is.
 */
import type { FeatureSpec } from '../formats/examples/examples-info.js';
import type { GraphOperation, GraphTensor } from '../formats/inference-graph.js';
import {
  standardizeFactors,
  type TransformGraphFile,
  type TransformStep,
} from '../formats/transform/transform-graph.js';
import { unsupported, type GraphBuilder } from './graph-builder.js';

/** What the exported model takes: the raw feature, but of encoded images their pixels, of the size that they decode to. */
function inputTensor(name: string, spec: FeatureSpec | undefined, [first]: readonly TransformStep[]): GraphTensor {
  if (first?.op === 'decode') return { name, dtype: 'uint8', shape: [first.height, first.width, first.channels] };
  if (spec?.kind === 'image' && spec.encoding === 'raw') {
    return { name, dtype: 'uint8', shape: [spec.height, spec.width, spec.channels] };
  }
  if (spec?.kind === 'float') return { name, dtype: 'float32', shape: [spec.size] };
  if (spec?.kind === 'integer') return { name, dtype: 'int32', shape: [1] };
  throw unsupported(`the feature '${name}', which is neither pixels nor numbers,`);
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

/**
 * The inputs of an exported model, by raw feature.
 *
 * @param names - of transformed features
 * @throws StepError `unsupported-layer` when a feature is neither pixels nor numbers
 */
export function inputTensors(names: readonly string[], graph: TransformGraphFile): ReadonlyMap<string, GraphTensor> {
  const inputs = new Map<string, GraphTensor>();
  for (const name of names) {
    const feature = graph.features[name];
    if (feature === undefined) throw unsupported(`the feature '${name}', which the transform does not make,`);
    const { source, steps } = feature;
    const input = inputTensor(source, graph.inputs[source], steps);
    const known = inputs.get(source) ?? input;
    if (known.shape.join() !== input.shape.join()) throw unsupported(`the feature '${source}' in several sizes`);
    inputs.set(source, known);
  }
  return inputs;
}

/**
 * What the layers take: the transformed features, several of them joined.
 *
 * @throws StepError `unsupported-layer` for a step of the transform that cannot be written
 */
export function transformedFeatures(
  names: readonly string[],
  graph: TransformGraphFile,
  inputs: ReadonlyMap<string, GraphTensor>,
  { append }: GraphBuilder,
): GraphTensor {
  const values = names.map((name) => {
    const { source = '', steps = [] } = graph.features[name] ?? {};
    const input = inputs.get(source);
    if (input === undefined) throw new Error(`no input for ${name}`);
    const { shape } = input;
    const numbers = input.dtype === 'float32' ? input : append({ op: 'cast' }, [input], `${source}/cast`, shape);
    return steps
      .flatMap(transformOperations)
      .reduce(
        (value, operation, at) => append(operation, [value], `${source}/transform_${String(at)}`, shape),
        numbers,
      );
  });
  const [first, second] = values;
  if (first === undefined) throw unsupported('a model without features');
  if (second === undefined) return first;
  const width = values.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return append({ op: 'concatenate', axis: 0 }, values, 'features', [width]);
}
