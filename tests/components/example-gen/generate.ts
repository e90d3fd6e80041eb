/**
 * Runs ExampleGen on files that a test puts together.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute } from '../../../components/example-gen/executor.js';
import { spec } from '../../../components/example-gen/spec.js';
import { encodeCifarRecord } from '../../../components/formats/cifar.js';
import { readExamplesInfo, readSplit } from '../../../components/formats/examples/examples-files.js';
import type { Column, ExamplesInfo } from '../../../components/formats/examples/examples-info.js';
import { testContext, type TestContext } from '../../rig/execution-context.js';

/** Contents by path below the pipeline's folder. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A context with the files in place. */
export function prepare(temporary: string, params: Readonly<Record<string, unknown>>, files: Files): TestContext {
  const prepared = testContext({ folder: temporary, spec, params });
  for (const [path, content] of Object.entries(files)) {
    const file = join(prepared.context.baseDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return prepared;
}

/** What came out. */
export interface Generated extends TestContext {
  readonly folder: string;
  readonly info: ExamplesInfo;
  readonly columns: (split: string) => Promise<Readonly<Record<string, Column>>>;
}

/** Runs ExampleGen. */
export async function generate(
  temporary: string,
  params: Readonly<Record<string, unknown>>,
  files: Files,
): Promise<Generated> {
  const prepared = prepare(temporary, params, files);
  await execute(prepared.context as never);
  const folder = prepared.context.outputs['examples']?.path ?? '';
  const info = await readExamplesInfo(folder);
  return { ...prepared, folder, info, columns: async (split) => (await readSplit(folder, info, split)).columns };
}

/** Runs ExampleGen, which must fail. */
export async function failure(
  temporary: string,
  params: Readonly<Record<string, unknown>>,
  files: Files,
): Promise<unknown> {
  return execute(prepare(temporary, params, files).context as never).then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

/** Names of ten classes. */
export const NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** Six batch files; pixel values and labels count up from the start of each. */
export function cifarFiles(perBatch: number, folder = 'cifar/'): Files {
  const batch = (first: number): Buffer =>
    Buffer.concat(
      Array.from({ length: perBatch }, (_, index) =>
        encodeCifarRecord({ label: (first + index) % 10, pixels: new Uint8Array(3072).fill(first + index) }),
      ),
    );
  return Object.fromEntries([
    ...[1, 2, 3, 4, 5].map((number) => [`${folder}data_batch_${String(number)}.bin`, batch(number * perBatch)]),
    [`${folder}test_batch.bin`, batch(0)],
    [`${folder}batches.meta.txt`, `${NAMES.join('\n')}\n\n`],
  ] as [string, string | Uint8Array][]);
}
