/**
 * Reads the values that a search found best.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../executor.js';
import { fileError } from '../formats/byte-stream.js';
import { isMapping } from '../params.js';
import type { HpValues } from '../training-params.js';

/** @throws StepError `hyperparameters-invalid` */
export async function readHyperparameters(folder: string): Promise<HpValues> {
  const path = join(folder, 'best_hyperparameters.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path);
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Told below.
  }
  const values = isMapping(content) ? content['values'] : undefined;
  const isValue = (value: unknown): boolean => ['number', 'string', 'boolean'].includes(typeof value);
  if (isMapping(values) && Object.values(values).every(isValue)) return values as HpValues;
  throw new StepError('hyperparameters-invalid', `${path} holds no values of hyperparameters`);
}
