/**
 * Reads the values that a search found best.
 */
import { join } from 'node:path';
import { isMapping } from '../../artifacts/mapping.js';
import { StepError } from '../executor.js';
import { readMapping } from '../formats/json-mapping.js';
import type { HpValues } from '../training-params.js';

/** @throws StepError `hyperparameters-invalid` */
export async function readHyperparameters(folder: string): Promise<HpValues> {
  const path = join(folder, 'best_hyperparameters.json');
  const { values } = await readMapping(path);
  const isValue = (value: unknown): boolean => ['number', 'string', 'boolean'].includes(typeof value);
  if (isMapping(values) && Object.values(values).every(isValue)) return values as HpValues;
  throw new StepError('hyperparameters-invalid', `${path} holds no values of hyperparameters`);
}
