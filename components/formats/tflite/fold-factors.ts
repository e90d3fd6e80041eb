/**
 * Makes a graph smaller without changing what it computes: a factor or a summand after a convolution or a dense layer
 * (what is left of batch normalisation) becomes part of its weights, where nothing else takes the output that changes.
 */
import { onlyUserOf, type GraphOperation, type GraphStep, type InferenceGraph } from '../inference-graph.js';

type Weighted = Extract<GraphOperation, { readonly bias: Float32Array }>;

function at(values: Float32Array, channel: number): number {
  return values[values.length === 1 ? 0 : channel] ?? NaN;
}

/** Weights by output channel, which is the last axis of all three kinds; of a depthwise filter, the last two. */
function scaled(weights: Float32Array, by: Float32Array, channels: number): Float32Array {
  return weights.map((weight, index) => weight * at(by, index % channels));
}

function folded(into: Weighted, { op, by }: Extract<GraphOperation, { readonly by: Float32Array }>): GraphOperation {
  const { bias } = into;
  if (op === 'add') return { ...into, bias: bias.map((value, channel) => value + at(by, channel)) };
  const common = { bias: scaled(bias, by, bias.length) };
  return into.op === 'dense'
    ? { ...into, ...common, kernel: scaled(into.kernel, by, bias.length) }
    : { ...into, ...common, filter: scaled(into.filter, by, bias.length) };
}

/** Folds what can be folded. */
export function foldFactors(graph: InferenceGraph): InferenceGraph {
  const steps: GraphStep[] = [];
  for (const step of graph.steps) {
    const { operation, inputs, output } = step;
    const at = steps.findLastIndex((earlier) => earlier.output.name === inputs[0]?.name);
    const before = steps[at];
    const foldable =
      'by' in operation &&
      before !== undefined &&
      'bias' in before.operation &&
      onlyUserOf(graph, before.output) !== undefined;
    if (foldable) steps[at] = { ...before, operation: folded(before.operation, operation), output };
    else steps.push(step);
  }
  return { ...graph, steps };
}
