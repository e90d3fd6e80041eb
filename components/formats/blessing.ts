/**
 * `blessing.json` and the marker files of a ModelBlessing: an Evaluator's verdict on one model.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';

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
