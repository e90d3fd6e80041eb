/**
 * Reads and writes `model_info.json`. What is read was perhaps not written by us: everything is checked.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { StepError } from '../executor.js';
import { readMapping } from './json-mapping.js';
import type { ModelInfo } from './model-info.js';

const FILE = 'model_info.json';

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 8 && value.every((size) => Number.isSafeInteger(size) && size > 0);
}

/** Writes the file into a Model artifact. */
export async function writeModelInfo(folder: string, info: ModelInfo): Promise<void> {
  await writeFile(join(folder, FILE), `${canonicalJson(info)}\n`);
}

/**
 * Reads the file of a Model artifact.
 *
 * @throws StepError `model-invalid` when it is not what it should be
 */
export async function readModelInfo(folder: string): Promise<ModelInfo> {
  const path = join(folder, FILE);
  const read: Partial<Record<keyof ModelInfo, unknown>> = await readMapping(path);
  const { version, features, label, classes, inputShape, outputShape, parameters } = read;
  if (
    version !== 1 ||
    !isTexts(features) ||
    typeof label !== 'string' ||
    !isTexts(classes) ||
    !isShape(inputShape) ||
    !isShape(outputShape) ||
    typeof parameters !== 'number'
  ) {
    throw new StepError('model-invalid', `${path} does not describe a model`, 'train the model again');
  }
  return { version, features, label, classes, inputShape, outputShape, parameters };
}
