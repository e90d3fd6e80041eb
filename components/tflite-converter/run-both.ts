/**
 * Runs a model and the file it was converted to on the same examples: the model on transformed features, with the backend;
 * the file on raw ones, with LiteRT.
 */
import { StepError, type Progress } from '../executor.js';
import type { Dataset } from '../tensorflow/dataset.js';
import { LiteRTError, loadLiteModel, type LiteRunner } from '../tensorflow/litert.js';
import { predict } from '../tensorflow/predict.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Comparison } from '../formats/conversion.js';
import { compareOutputs } from './compare-outputs.js';

/** Examples that the model predicts at once. */
const BATCH = 256;

/** What to run. */
export interface BothOptions {
  readonly tf: TensorFlow;
  readonly model: LayersModel;
  /** The `.tflite` file. */
  readonly bytes: Uint8Array;
  readonly dataset: Dataset;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

async function open(bytes: Uint8Array): Promise<LiteRunner> {
  try {
    return await loadLiteModel(bytes);
  } catch (error) {
    if (!(error instanceof LiteRTError)) throw error;
    throw new StepError('conversion-refused', error.message, 'report it as a defect, with the model');
  }
}

/**
 * Runs both on all examples of the dataset and compares their outputs.
 *
 * @throws StepError `conversion-refused` when LiteRT does not load the file
 */
export async function runBoth({ tf, model, bytes, dataset, signal, progress }: BothOptions): Promise<Comparison> {
  const { examples } = dataset;
  const runner = await open(bytes);
  try {
    const expected: Float32Array[] = [];
    const actual: Float32Array[] = [];
    for (let start = 0; start < examples; start += BATCH) {
      const rows = Uint32Array.from({ length: Math.min(BATCH, examples - start) }, (_, index) => start + index);
      expected.push(await predict(tf, model, dataset, rows));
      for (const row of rows) {
        signal.throwIfAborted();
        const values = dataset.raw(row);
        actual.push(await runner.run(runner.inputs.flatMap((name) => values.get(name) ?? [])));
      }
      const done = start + rows.length;
      progress({ message: 'comparing outputs', fraction: done / examples });
    }
    const outputs = joined(expected);
    return compareOutputs(outputs, joined(actual), outputs.length / examples);
  } finally {
    runner.dispose();
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}
