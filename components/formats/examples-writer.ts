/**
 * Writes an Examples artifact: streams examples into the gzipped TFRecord files of its splits, then `examples.json`.
 */
import type { ExamplesInfo, FeatureSpec } from './examples-info.js';

/**
 * One example by feature:
 * - image: its pixels, or the bytes of a JPEG or PNG file
 * - label, integer: an integer
 * - float: the numbers
 * - string: the text
 */
export type ExampleValues = Readonly<Record<string, Uint8Array | Float32Array | number | string>>;

/** An Examples artifact that is being written. */
export interface ExamplesWriter {
  /** Appends a serialised tf.Example, as {@link encodeValues} makes it, to a split. */
  write(split: string, example: Uint8Array): Promise<void>;
  /** Ends the files and writes `examples.json`. */
  finish(): Promise<ExamplesInfo>;
  /** Closes the files without finishing; nothing happens after finish(). */
  close(): Promise<void>;
}

/**
 * Serialises an example deterministically: features in the order of their names.
 *
 * @throws StepError `example-invalid` when the values are not as the features say
 */
export function encodeValues(features: Readonly<Record<string, FeatureSpec>>, values: ExampleValues): Buffer {
  throw new Error(`not yet: ${JSON.stringify([features, values])}`);
}

/** Opens the files of an Examples artifact for writing. */
export async function createExamples(
  folder: string,
  features: Readonly<Record<string, FeatureSpec>>,
  splits: readonly string[],
): Promise<ExamplesWriter> {
  await Promise.resolve([folder, features, splits]);
  throw new Error('not yet');
}
