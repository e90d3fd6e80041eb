import { describe, expect, test } from '@jest/globals';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { InferenceGraph } from '../../../components/formats/inference-graph.js';
import type { TransformGraphFile, TransformStep } from '../../../components/formats/transform/transform-graph.js';
import { inferenceGraph } from '../../../components/tensorflow/inference-graph.js';
import { tf } from '../../rig/tensorflow.js';

/** The transform of one feature of two numbers. */
function graphOf(steps: readonly TransformStep[]): TransformGraphFile {
  const x = { source: 'x', role: 'feature', steps, output: { dtype: 'float32', shape: [2] } } as const;
  return { version: 1, inputs: { x: { kind: 'float', size: 2 } }, features: { x } };
}

const SCALE: TransformStep = { op: 'scale', multiply: [2], add: [1] };

const INFO = {
  version: 1,
  features: ['x'],
  label: 'y',
  classes: [],
  inputShape: [2],
  outputShape: [1],
  parameters: 0,
} as const;

function graph(
  build: (input: SymbolicTensor) => SymbolicTensor | SymbolicTensor[],
  file = graphOf([]),
): InferenceGraph {
  const input = tf.input({ shape: [2], name: 'in' });
  return inferenceGraph(tf.model({ inputs: input, outputs: build(input) }), INFO, file);
}

const dense = (of: SymbolicTensor, name: string, activation?: 'swish' | 'relu' | 'softmax'): SymbolicTensor =>
  tf.layers.dense({ units: 2, name, ...(activation === undefined ? {} : { activation }) }).apply(of) as SymbolicTensor;

describe('the operations of a model', () => {
  test('begin at the raw feature, and no two values have one name', () => {
    const { inputs, steps, output, outputName } = graph((input) => dense(input, 'x', 'softmax'), graphOf([SCALE]));
    expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [2] }]);
    expect(steps.map(({ operation, inputs: [taken], output: made }) => [operation.op, taken?.name, made.name])).toEqual(
      [
        ['multiply', 'x', 'x/transform_0'],
        ['add', 'x/transform_0', 'x/transform_1'],
        ['dense', 'x/transform_1', 'x/dense'],
        ['activation', 'x/dense', 'x_1'],
      ],
    );
    expect([output.name, outputName]).toEqual(['x_1', 'probabilities']);
  });

  test('of swish multiply a value with its sigmoid', () => {
    const { steps, outputName } = graph((input) => dense(input, 'd', 'swish'));
    expect(steps.map(({ operation, inputs }) => [operation.op, inputs.map(({ name }) => name)])).toEqual([
      ['dense', ['x']],
      ['activation', ['d/dense']],
      ['product', ['d/activation', 'd/dense']],
    ]);
    expect(outputName).toBe('outputs');
  });

  test('are none for what only matters while training', () => {
    const { steps, output } = graph((input) => tf.layers.dropout({ rate: 0.5 }).apply(input) as SymbolicTensor);
    expect([steps, output.name]).toEqual([[], 'x']);
  });

  test('are those of a sequential model too', () => {
    const layers = [
      tf.layers.dense({ units: 3, inputShape: [2], name: 'a' }),
      tf.layers.dense({ units: 1, name: 'b' }),
    ];
    const { steps } = inferenceGraph(tf.sequential({ layers }), INFO, graphOf([]));
    expect(steps.map(({ output }) => output)).toEqual([
      { name: 'a', dtype: 'float32', shape: [3] },
      { name: 'b', dtype: 'float32', shape: [1] },
    ]);
  });

  const refused: Readonly<Record<string, readonly [() => unknown, string]>> = {
    'a layer that is used twice': [
      () =>
        graph((input) => {
          const shared = tf.layers.dense({ units: 2, name: 'shared' });
          return shared.apply(shared.apply(input)) as SymbolicTensor;
        }),
      'layer shared, which is used in several places, cannot be exported',
    ],
    'several outputs': [() => graph((input) => [dense(input, 'a'), dense(input, 'b')]), 'several inputs or outputs'],
    'a merge that there is none for': [
      () => graph((input) => tf.layers.maximum({ name: 'm' }).apply([input, dense(input, 'a')]) as SymbolicTensor),
      'layer m (Maximum) cannot be exported',
    ],
    'a sum of different shapes': [
      () =>
        graph((input) => {
          const one = tf.layers.dense({ units: 1 }).apply(input) as SymbolicTensor;
          return tf.layers.add({ name: 'sum' }).apply([one, input]) as SymbolicTensor;
        }),
      'layer sum (Add) cannot be exported',
    ],
    'a step of the transform that there is none for': [
      () => graph((input) => dense(input, 'a'), graphOf([{ op: 'one_hot', depth: 2 }])),
      "the transform step 'one_hot' cannot be exported",
    ],
    'text as a feature': [
      () => graph((input) => dense(input, 'a'), { ...graphOf([]), inputs: { x: { kind: 'string' } } }),
      "the feature 'x', which is neither pixels nor numbers, cannot be exported",
    ],
    'a model inside a model': [
      () =>
        graph((input) => {
          const inner: LayersModel = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
          return inner.apply(input) as SymbolicTensor;
        }),
      'cannot be exported',
    ],
  };

  test.each(Object.entries(refused))('refuse %s', (_, [make, message]) => {
    const error = expect.objectContaining({ code: 'unsupported-layer' });
    expect(make).toThrow(error);
    expect(make).toThrow(message);
  });
});
