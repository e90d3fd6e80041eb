import { describe, expect, test } from '@jest/globals';
import { ByteBuffer } from 'flatbuffers';
import { encodeFlatBuffer, flat } from '../../../../components/formats/tflite/flat-table.js';
import type { GraphOperation, GraphTensor, InferenceGraph } from '../../../../components/formats/inference-graph.js';
import { foldFactors } from '../../../../components/formats/tflite/fold-factors.js';
import { minimumRuntime } from '../../../../components/formats/tflite/lite-operators.js';
import { encodeTFLite } from '../../../../components/formats/tflite/tflite.js';
import { loadLiteModel } from '../../../../components/tensorflow/litert.js';
import { EXPORTED_MODELS, exampleOf, exportedModel } from '../../../rig/exported-models.js';

const PIXELS = ['CAST', 'MUL', 'ADD', 'MUL', 'ADD'];

/** A chain of operations with the shapes of their outputs, on floats. */
function chain(
  shape: readonly number[],
  ...steps: readonly (readonly [GraphOperation, readonly number[]])[]
): InferenceGraph {
  const tensor = (name: string, of: readonly number[]): GraphTensor => ({ name, dtype: 'float32', shape: of });
  const values = [tensor('x', shape), ...steps.map(([, of], index) => tensor(`step_${String(index)}`, of))];
  const value = (index: number): GraphTensor => values[index] as GraphTensor;
  return {
    inputs: [value(0)],
    steps: steps.map(([operation], at) => ({ operation, inputs: [value(at)], output: value(at + 1) })),
    output: value(steps.length),
    outputName: 'y',
  };
}

async function run(graph: InferenceGraph, values: readonly number[]): Promise<readonly number[]> {
  const model = await loadLiteModel(encodeTFLite(graph).bytes);
  const outputs = await model.run([Float32Array.from(values)]);
  model.dispose();
  return [...outputs];
}

describe('LiteRT computes what TensorFlow.js does:', () => {
  test.each(EXPORTED_MODELS)('%s', async (name) => {
    const exported = await exportedModel(name);
    const { graph, inputs, examples, expected } = exported;
    const model = await loadLiteModel(encodeTFLite(graph).bytes);
    expect(model.inputs).toEqual(Object.keys(inputs));
    const outputs: number[] = [];
    for (let row = 0; row < examples; row++) outputs.push(...(await model.run(exampleOf(exported, row))));
    model.dispose();
    expect(outputs).toHaveLength(expected.length);
    expect(Math.max(...outputs.map((value, index) => Math.abs(value - (expected[index] ?? NaN))))).toBeLessThan(2e-6);
  });
});

describe('a .tflite file', () => {
  test('takes weights in the layout of TensorFlow Lite', async () => {
    // Rows of inputs, columns of outputs.
    const kernel = Float32Array.of(1, 10, 100, 2, 20, 200);
    const dense: GraphOperation = { op: 'dense', kernel, bias: Float32Array.of(0.5, 0, 0) };
    expect(await run(chain([2], [dense, [3]]), [1, 2])).toEqual([5.5, 50, 500]);
  });

  test('knows the version that a dilated depthwise convolution needs', async () => {
    const operation: GraphOperation = {
      op: 'depthwise_conv2d',
      filterShape: [1, 2, 1, 2],
      filter: Float32Array.of(1, 10, 2, 20),
      bias: Float32Array.of(0, 0),
      strides: [1, 1],
      dilations: [1, 2],
      padding: 'valid',
    };
    const graph = chain([1, 3, 1], [operation, [1, 1, 2]]);
    expect(encodeTFLite(graph).minimumRuntime).toBe('1.12.0');
    expect(await run(graph, [1, 7, 3])).toEqual([1 + 2 * 3, 10 + 20 * 3]);
  });

  test('has batch normalisation and relu inside the operators before them', async () => {
    const operators = async (name: string): Promise<readonly string[]> =>
      encodeTFLite((await exportedModel(name)).graph).operators;
    expect(await operators('batch normalization')).toEqual([
      ...PIXELS,
      'CONV_2D',
      'RESHAPE',
      'FULLY_CONNECTED',
      'SOFTMAX',
    ]);
    expect(await operators('batch normalization of pixels')).toEqual([
      ...PIXELS,
      'MUL',
      'ADD',
      'RESHAPE',
      'FULLY_CONNECTED',
      'SOFTMAX',
    ]);
    // Nothing before it can compute a relu of its own.
    const relu: GraphOperation = { op: 'activation', name: 'relu' };
    expect(encodeTFLite(chain([2], [relu, [2]], [relu, [2]])).operators).toEqual(['RELU', 'RELU']);
  });

  test('is the same for the same model, and begins as the format demands', async () => {
    const [first, second] = [await exportedModel('separable'), await exportedModel('separable')].map(
      ({ graph }) => encodeTFLite(graph).bytes,
    );
    expect(first).toEqual(second);
    expect(Buffer.from(first ?? []).toString('latin1', 4, 8)).toBe('TFL3');
  });
});

describe('foldFactors', () => {
  const dense: GraphOperation = { op: 'dense', kernel: Float32Array.of(1, 2, 3, 4), bias: Float32Array.of(1, 2) };

  test('multiplies weights by output, adds to the bias', () => {
    const graph = chain(
      [2],
      [dense, [2]],
      [{ op: 'multiply', by: Float32Array.of(10, 100) }, [2]],
      [{ op: 'add', by: Float32Array.of(5) }, [2]],
    );
    const { steps } = foldFactors(graph);
    expect(steps.map(({ operation }) => operation)).toEqual([
      { op: 'dense', kernel: Float32Array.of(10, 200, 30, 400), bias: Float32Array.of(15, 205) },
    ]);
    expect(steps[0]?.output.name).toBe('step_2');
  });

  test('leaves what others take as well', () => {
    const tensor = (name: string): GraphTensor => ({ name, dtype: 'float32', shape: [2] });
    const [x, y, z, sum] = [tensor('x'), tensor('y'), tensor('z'), tensor('sum')];
    const steps = [
      { operation: dense, inputs: [x], output: y },
      { operation: { op: 'multiply', by: Float32Array.of(2) }, inputs: [y], output: z },
    ] as const;
    const added = { operation: { op: 'sum' }, inputs: [y, z], output: sum } as const;
    const branching: InferenceGraph = { inputs: [x], steps: [...steps, added], output: sum, outputName: 'sum' };
    expect(foldFactors(branching)).toEqual(branching);
    const outside: InferenceGraph = { inputs: [x], steps, output: y, outputName: 'y' };
    expect(foldFactors(outside)).toEqual(outside);
    expect(foldFactors({ ...outside, output: z }).steps).toHaveLength(1);
  });

  test('leaves what stands after an activation', () => {
    const graph = chain(
      [2],
      [dense, [2]],
      [{ op: 'activation', name: 'relu' }, [2]],
      [{ op: 'multiply', by: Float32Array.of(10, 100) }, [2]],
    );
    expect(foldFactors(graph)).toEqual(graph);
  });
});

test('the runtime that is needed is the latest by number, not by text', () => {
  const versions = [
    { name: 'LOGISTIC', version: 1 },
    { name: 'CONV_2D', version: 1 },
  ] as const;
  expect(minimumRuntime(versions)).toBe('1.14.0');
  expect(minimumRuntime([])).toBe('1.5.0');
  expect(() => minimumRuntime([{ name: 'CONV_2D', version: 99 }])).toThrow('CONV_2D has no version 99');
});

describe('encodeFlatBuffer', () => {
  test('writes fields into their slots, and bytes where numbers can be read in place', () => {
    const data = Uint8Array.from({ length: 20 }, (_, index) => index);
    const bytes = encodeFlatBuffer(
      {
        0: flat.int8(-1),
        2: flat.int32s([7, 8]),
        3: flat.tables([{ 0: flat.text('ü') }, {}]),
        4: flat.bytes(data),
        5: flat.bool(false),
      },
      'TEST',
    );
    const buffer = new ByteBuffer(bytes);
    const table = buffer.readInt32(0);
    const field = (slot: number, of = table): number => of + buffer.__offset(of, 4 + 2 * slot);
    const vector = (slot: number): number => buffer.__vector(field(slot));
    expect(buffer.readInt8(field(0))).toBe(-1);
    expect(field(1)).toBe(table);
    expect([buffer.readInt32(vector(2)), buffer.readInt32(vector(2) + 4)]).toEqual([7, 8]);
    expect(buffer.__vector_len(field(3))).toBe(2);
    const first = buffer.__indirect(vector(3));
    expect(buffer.__string(field(0, first))).toBe('ü');
    expect(vector(4) % 16).toBe(0);
    expect(bytes.subarray(vector(4), vector(4) + 20)).toEqual(data);
    // A default is written too.
    expect(field(5)).not.toBe(table);
  });
});
