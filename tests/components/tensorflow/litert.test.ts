import { describe, expect, test } from '@jest/globals';
import { encodeTFLite } from '../../../components/formats/tflite/tflite.js';
import { loadLiteModel } from '../../../components/tensorflow/litert.js';

const INPUT = { name: 'x', dtype: 'float32', shape: [2] } as const;
const OUTPUT = { name: 'leaky', dtype: 'float32', shape: [2] } as const;

const { bytes } = encodeTFLite({
  inputs: [INPUT],
  steps: [{ operation: { op: 'leaky_relu', alpha: 0.5 }, inputs: [INPUT], output: OUTPUT }],
  output: OUTPUT,
  outputName: 'y',
});

describe('LiteRT', () => {
  test('runs a model again and again', async () => {
    const model = await loadLiteModel(bytes);
    expect(await model.run([Float32Array.of(-1, 3)])).toEqual(Float32Array.of(-0.5, 3));
    expect(await model.run([Float32Array.of(2, -4)])).toEqual(Float32Array.of(2, -2));
    model.dispose();
  });

  test('takes inputs of the right size only', async () => {
    const model = await loadLiteModel(bytes);
    await expect(model.run([Float32Array.of(1)])).rejects.toThrow("the input 'x' takes 8 bytes, not 4");
    model.dispose();
  });

  test('refuses what is no model, or a damaged one', async () => {
    const damaged = Uint8Array.from(bytes);
    damaged.fill(255, 8, 40);
    for (const wrong of [new Uint8Array(), new Uint8Array(100), bytes.subarray(0, 200), damaged]) {
      await expect(loadLiteModel(wrong)).rejects.toMatchObject({ name: 'LiteRTError' });
    }
  });

  test('leaves nothing behind in the process', async () => {
    const before = Object.getOwnPropertyNames(globalThis);
    (await loadLiteModel(bytes)).dispose();
    expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
  });
});
