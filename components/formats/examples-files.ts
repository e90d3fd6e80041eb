/**
 * The files of an Examples artifact as others read them: `examples.json`, and the splits. What writes the splits:
 * examples-writer.ts.
 */
import type { Columns, ExamplesInfo } from './examples-info.js';

/**
 * Reads and checks `examples.json`.
 *
 * @param folder - of an Examples artifact
 * @throws StepError `examples-invalid` when it is missing or damaged
 */
export async function readExamplesInfo(folder: string): Promise<ExamplesInfo> {
  await Promise.resolve(folder);
  throw new Error('not yet');
}

/** Writes `examples.json`, as canonical JSON. */
export async function writeExamplesInfo(folder: string, info: ExamplesInfo): Promise<void> {
  await Promise.resolve([folder, info]);
  throw new Error('not yet');
}

/**
 * Reads a split into memory; pixels stay uint8.
 *
 * @param options.limit - takes only the first examples
 * @throws StepError `split-missing` when there is no such split, `examples-invalid` when its files are damaged or are not
 *   what `examples.json` says
 */
export async function readSplit(
  folder: string,
  info: ExamplesInfo,
  split: string,
  options: { readonly limit?: number } = {},
): Promise<Columns> {
  await Promise.resolve([folder, info, split, options]);
  throw new Error('not yet');
}
