/**
 * `conversion.json` of a TFLiteModel: what was converted, what the file is made of, and how it was proved.
 */
import { join } from 'node:path';
import { StepError } from '../executor.js';
import { readMapping } from './json-mapping.js';

/** Differences of outputs; of outputs above 1, relative to the output. */
export interface Comparison {
  /** Examples compared. */
  readonly examples: number;
  /** The largest difference. Infinite where an output is no number. */
  readonly max_difference: number;
  /** The example it occurs at. */
  readonly at: number;
  /** Over all outputs. */
  readonly mean_difference: number;
  /** Share of the examples whose largest output is the same; null where there is one output. */
  readonly agreement: number | null;
}

/** A tensor at the border of the file: its name in the signature, and its shape with the batch. */
export interface BorderTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** The content of the file. Digests say which model and examples the numbers belong to. */
export interface Conversion {
  readonly version: 1;
  readonly model: string;
  readonly examples: string;
  readonly mode: 'float32';
  /** Size of the file. */
  readonly bytes: number;
  /** Operators in the order in which they run. */
  readonly operators: readonly string[];
  /** The first version of TensorFlow Lite that can run the file. */
  readonly minimum_runtime: string;
  readonly inputs: readonly BorderTensor[];
  readonly output: BorderTensor;
  readonly comparison: Comparison & {
    readonly split: string;
    readonly tolerance: number;
    /** What the model was computed with. */
    readonly backend: { readonly name: string; readonly version: string };
  };
}

/**
 * The digest of the model that a TFLiteModel was converted from.
 *
 * @throws StepError `conversion-invalid` when `conversion.json` does not say it
 */
export async function readConvertedModel(folder: string): Promise<string> {
  const path = join(folder, 'conversion.json');
  const { version, model }: Partial<Record<keyof Conversion, unknown>> = await readMapping(path);
  if (version === 1 && typeof model === 'string') return model;
  throw new StepError('conversion-invalid', `${path} does not say what was converted`, 'convert the model again');
}
