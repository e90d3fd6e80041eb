/**
 * `examples.json` of an Examples artifact: which features the examples have, and which splits there are. The bytes
 * themselves are tf.Example messages in TFRecord files.
 */

/**
 * A feature of every example.
 * - `image`, raw: a bytes feature of height × width × channels uint8 values, row-major, channels last (RGB or grey)
 * - `image`, encoded: a bytes feature that holds a JPEG or PNG file; Transform's `decode` makes it raw
 * - `label`: an int64 feature, index into `classes`
 * - `float`: a float feature of `size` values
 * - `integer`: an int64 feature of one value
 * - `string`: a bytes feature of UTF-8 text
 */
export type FeatureSpec =
  | {
      readonly kind: 'image';
      readonly encoding: 'raw';
      readonly height: number;
      readonly width: number;
      readonly channels: number;
    }
  | { readonly kind: 'image'; readonly encoding: 'encoded' }
  | { readonly kind: 'label'; readonly classes: readonly string[] }
  | { readonly kind: 'float'; readonly size: number }
  | { readonly kind: 'integer' }
  | { readonly kind: 'string' };

/** One split of the examples. */
export interface SplitInfo {
  readonly examples: number;
  /** Relative to the artifact's folder, in order. */
  readonly files: readonly string[];
}

/** The content of `examples.json`. */
export interface ExamplesInfo {
  readonly version: 1;
  readonly features: Readonly<Record<string, FeatureSpec>>;
  readonly splits: Readonly<Record<string, SplitInfo>>;
}

/**
 * The examples of a split, one array a feature, in the order of the files. `n` examples give
 * - image, raw: `Uint8Array` of n × height × width × channels
 * - image, encoded: n `Uint8Array`s
 * - label, integer: `Int32Array` of n
 * - float: `Float32Array` of n × size
 * - string: n strings
 */
export type Column = Uint8Array | Int32Array | Float32Array | readonly Uint8Array[] | readonly string[];

/** A split in memory. */
export interface Columns {
  readonly examples: number;
  readonly columns: Readonly<Record<string, Column>>;
}
