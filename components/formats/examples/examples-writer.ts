/**
 * Writes an Examples artifact: streams examples into the gzipped TFRecord files of its splits, then `examples.json`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../../executor.js';
import { writeError } from '../byte-stream.js';
import { encodeExample, type Feature } from './example.js';
import { writeExamplesInfo } from './examples-files.js';
import type { ExamplesInfo, FeatureSpec } from './examples-info.js';
import { createRecordFile } from './tfrecord.js';

/** One value of a feature; which, see {@link ExampleValues}. */
export type ExampleValue = Uint8Array | Float32Array | number | string;

/**
 * One example by feature:
 * - image: its pixels, or the bytes of a JPEG or PNG file
 * - label, integer: an integer
 * - float: the numbers
 * - string: the text
 */
export type ExampleValues = Readonly<Record<string, ExampleValue>>;

/** Features by name. */
export type Features = Readonly<Record<string, FeatureSpec>>;

/** An Examples artifact that is being written. */
export interface ExamplesWriter {
  /** Appends a serialised tf.Example, as {@link encodeValues} makes it, to a split. */
  write(split: string, example: Uint8Array): Promise<void>;
  /** Ends the files and writes `examples.json`. */
  finish(): Promise<ExamplesInfo>;
  /** Closes the files without finishing; nothing happens after finish(). */
  close(): Promise<void>;
}

const int64 = (value: number): Feature => ({ kind: 'int64', values: [BigInt(value)] });
const bytes = (value: Uint8Array): Feature => ({ kind: 'bytes', values: [value] });

function isInt32(value: ExampleValue | undefined): value is number {
  return typeof value === 'number' && value === (value | 0);
}

/** The feature of a value, or what is wrong with it. */
function toFeature(spec: FeatureSpec, value: ExampleValue | undefined): Feature | string {
  switch (spec.kind) {
    case 'image': {
      if (!(value instanceof Uint8Array)) return 'is no image';
      if (spec.encoding === 'encoded') return bytes(value);
      const size = spec.height * spec.width * spec.channels;
      return value.length === size ? bytes(value) : `has ${String(value.length)} bytes, not ${String(size)}`;
    }
    case 'label': {
      const { length } = spec.classes;
      if (!isInt32(value)) return 'is no class';
      return value >= 0 && value < length ? int64(value) : `is ${String(value)}: there are ${String(length)} classes`;
    }
    case 'integer':
      return isInt32(value) ? int64(value) : 'is no integer of 32 bits';
    case 'float':
      if (!(value instanceof Float32Array)) return 'holds no numbers';
      if (value.length !== spec.size) return `has ${String(value.length)} numbers, not ${String(spec.size)}`;
      return value.every(Number.isFinite) ? { kind: 'float', values: value } : 'holds a number that is not finite';
    case 'string':
      return typeof value === 'string' ? bytes(Buffer.from(value, 'utf8')) : 'is no text';
  }
}

/**
 * Serialises an example deterministically: features in the order of their names.
 *
 * @throws StepError `example-invalid` when the values are not as the features say
 */
export function encodeValues(features: Features, values: ExampleValues): Uint8Array {
  const example = new Map<string, Feature>();
  for (const [name, spec] of Object.entries(features)) {
    const feature = toFeature(spec, Object.hasOwn(values, name) ? values[name] : undefined);
    if (typeof feature === 'string') throw new StepError('example-invalid', `feature '${name}' ${feature}`);
    example.set(name, feature);
  }
  return encodeExample(example);
}

/** Path of a split's file below the artifact's folder, as TFX names it. */
export function splitFile(split: string): string {
  return `Split-${split}/data_tfrecord-00000-of-00001.gz`;
}

/**
 * Opens the files of an Examples artifact for writing.
 *
 * @param folder - empty
 */
export async function createExamples(
  folder: string,
  features: Features,
  splits: readonly string[],
): Promise<ExamplesWriter> {
  const open = new Map<string, { readonly file: ReturnType<typeof createRecordFile>; examples: number }>();
  for (const split of splits) {
    const path = join(folder, splitFile(split));
    await mkdir(join(path, '..')).catch((error: unknown) => {
      throw writeError(error, path);
    });
    open.set(split, { file: createRecordFile(path), examples: 0 });
  }
  let closed = false;
  return {
    write: async (split, example) => {
      const target = open.get(split);
      if (target === undefined) throw new Error(`the split '${split}' was not opened`);
      target.examples++;
      await target.file.write(example);
    },
    finish: async () => {
      closed = true;
      for (const { file } of open.values()) await file.close();
      const info: ExamplesInfo = {
        version: 1,
        features,
        splits: Object.fromEntries(
          [...open].map(([split, { examples }]) => [split, { examples, files: [splitFile(split)] }]),
        ),
      };
      await writeExamplesInfo(folder, info);
      return info;
    },
    close: async () => {
      if (closed) return;
      closed = true;
      // Something failed before, and that is what the caller reports.
      await Promise.allSettled([...open.values()].map(async ({ file }) => file.close()));
    },
  };
}
