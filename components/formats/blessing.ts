/**
 * `blessing.json` and the marker files of a ModelBlessing: an Evaluator's verdict on one model.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { StepError } from '../executor.js';
import { readMapping } from './json-mapping.js';

/** One bound that was checked. */
export interface ThresholdCheck {
  /** `accuracy`, or `recall of cat` for a class. */
  readonly metric: string;
  /** `minimum` and `maximum` bound the value, the others how far it is above the baseline's. */
  readonly bound: 'minimum' | 'maximum' | 'minimum_change' | 'maximum_change';
  readonly limit: number;
  /** What was compared with the limit; null where it is not defined, which fails. */
  readonly value: number | null;
  readonly passed: boolean;
}

/** The content of `blessing.json`. */
export interface Blessing {
  readonly version: 1;
  readonly blessed: boolean;
  /** Why, in words: the checks that failed; when none did, all of them. */
  readonly reasons: readonly string[];
  readonly checks: readonly ThresholdCheck[];
  /** Digest of the model that the verdict is on. */
  readonly model: string;
  /** Digest of the model that it was compared with. */
  readonly baseline_model: string | null;
}

/** Writes `blessing.json`, and the empty file `BLESSED` or `NOT_BLESSED` as TFX does. */
export async function writeBlessing(folder: string, blessing: Blessing): Promise<void> {
  await writeFile(join(folder, 'blessing.json'), canonicalJson(blessing));
  await writeFile(join(folder, blessing.blessed ? 'BLESSED' : 'NOT_BLESSED'), '');
}

/** The part of a verdict that others act on. */
export type Verdict = Pick<Blessing, 'blessed' | 'reasons' | 'model'>;

/**
 * Reads the verdict of a ModelBlessing.
 *
 * @throws StepError `blessing-invalid` when it is not what it should be
 */
export async function readVerdict(folder: string): Promise<Verdict> {
  const path = join(folder, 'blessing.json');
  const { version, blessed, reasons, model }: Partial<Record<keyof Blessing, unknown>> = await readMapping(path);
  if (
    version !== 1 ||
    typeof blessed !== 'boolean' ||
    typeof model !== 'string' ||
    !Array.isArray(reasons) ||
    !reasons.every((reason) => typeof reason === 'string')
  ) {
    throw new StepError('blessing-invalid', `${path} holds no verdict on a model`, 'evaluate the model again');
  }
  return { blessed, reasons, model };
}
