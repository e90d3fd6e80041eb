/**
 * Which split a model is looked at with, when nothing says which: one that it was not trained on.
 */
import { StepError } from '../../executor.js';
import { readExamplesInfo } from './examples-files.js';

/**
 * The split that is wanted; else `test`, else `eval`.
 *
 * @param folder - of an Examples artifact
 * @throws StepError `split-missing` when none is wanted and the examples have neither
 */
export async function heldOutSplit(folder: string, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) return wanted;
  const { splits } = await readExamplesInfo(folder);
  const found = ['test', 'eval'].find((name) => Object.hasOwn(splits, name));
  if (found !== undefined) return found;
  throw new StepError(
    'split-missing',
    'the examples have neither a split `test` nor `eval`',
    `set 'split'; they have: ${Object.keys(splits).sort().join(', ')}`,
  );
}
