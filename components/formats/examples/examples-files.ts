/**
 * The files of an Examples artifact as others read them: `examples.json`, and the splits. What writes the splits:
 * examples-writer.ts.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import { systemErrorCode } from '../../../artifacts/system-error.js';
import { StepError } from '../../executor.js';
import { writeError } from '../byte-stream.js';
import { decodeExample, type Feature } from './example.js';
import type { Columns, ExamplesInfo } from './examples-info.js';
import { columnBuilder, type ColumnBuilder } from './feature-columns.js';
import { parseExamplesInfo } from './parse-examples-info.js';
import { readRecords } from './tfrecord.js';

/** Name of the file that describes the examples. */
export const EXAMPLES_FILE = 'examples.json';

/**
 * Reads and checks `examples.json`.
 *
 * @param folder - of an Examples artifact
 * @throws StepError `examples-invalid` when it is missing or damaged
 */
export async function readExamplesInfo(folder: string): Promise<ExamplesInfo> {
  const file = join(folder, EXAMPLES_FILE);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemErrorCode(error) === undefined) throw error;
    throw new StepError('examples-invalid', `${file} cannot be read`, 'is this the folder of an Examples artifact?');
  });
  return parseExamplesInfo(text, file);
}

/** Writes `examples.json`, as canonical JSON. */
export async function writeExamplesInfo(folder: string, info: ExamplesInfo): Promise<void> {
  const file = join(folder, EXAMPLES_FILE);
  await writeFile(file, `${canonicalJson(info)}\n`).catch((error: unknown) => {
    throw writeError(error, file);
  });
}

function openColumns(info: ExamplesInfo, examples: number): readonly (readonly [string, ColumnBuilder])[] {
  try {
    return Object.entries(info.features).map(([name, spec]) => [name, columnBuilder(spec, examples)] as const);
  } catch {
    throw new StepError(
      'split-too-large',
      `${String(examples)} examples do not fit into memory`,
      'take fewer: limit them in ExampleGen',
    );
  }
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
  const found = Object.hasOwn(info.splits, split) ? info.splits[split] : undefined;
  if (found === undefined) {
    const known = Object.keys(info.splits).sort().join(', ');
    throw new StepError('split-missing', `the examples have no split '${split}'`, `they have: ${known}`);
  }
  const wanted = Math.min(found.examples, options.limit ?? Infinity);
  const builders = openColumns(info, wanted);
  let row = 0;
  for (const name of found.files) {
    if (row === wanted && wanted < found.examples) break;
    const file = join(folder, name);
    for await (const record of readRecords(file)) {
      if (row === wanted) {
        // Either enough was read, or there is more than there should be; the count below tells.
        if (wanted === found.examples) row++;
        break;
      }
      const where = `${file}, example ${String(row)}`;
      const example = decodeExample(record, where);
      for (const [feature, builder] of builders) addFeature(builder, example.get(feature), feature, where);
      row++;
    }
  }
  if (row !== wanted) {
    throw new StepError(
      'examples-invalid',
      `split '${split}' has ${row > wanted ? 'more' : 'fewer'} than the ${String(wanted)} examples that ${EXAMPLES_FILE} says`,
      'make the examples again',
    );
  }
  return {
    examples: wanted,
    columns: Object.fromEntries(builders.map(([name, builder]) => [name, builder.column()])),
  };
}

function addFeature(builder: ColumnBuilder, feature: Feature | undefined, name: string, where: string): void {
  try {
    builder.add(feature);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StepError('examples-invalid', `${where}, feature '${name}': ${error.message}`, 'make the examples again');
  }
}
