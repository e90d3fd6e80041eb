import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StepError } from '../../../../components/executor.js';
import { encodeExample } from '../../../../components/formats/examples/example.js';
import {
  readExamplesInfo,
  readSplit,
  writeExamplesInfo,
} from '../../../../components/formats/examples/examples-files.js';
import type { ExamplesInfo } from '../../../../components/formats/examples/examples-info.js';
import {
  createExamples,
  encodeValues,
  type Features,
} from '../../../../components/formats/examples/examples-writer.js';
import { parseExamplesInfo } from '../../../../components/formats/examples/parse-examples-info.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const features: Features = {
  pixels: { kind: 'image', encoding: 'raw', height: 1, width: 2, channels: 3 },
  photo: { kind: 'image', encoding: 'encoded' },
  kind: { kind: 'label', classes: ['a', 'b', 'c'] },
  size: { kind: 'float', size: 2 },
  age: { kind: 'integer' },
  name: { kind: 'string' },
};

const row = (index: number): Record<string, Uint8Array | Float32Array | number | string> => ({
  pixels: Uint8Array.of(index, 1, 2, 3, 4, 255),
  photo: Uint8Array.of(9, index),
  kind: index % 3,
  size: Float32Array.of(index / 2, -1),
  age: -index,
  name: `ü${String(index)}`,
});

async function write(folder: string, rows: readonly number[] = [0, 1, 2, 3]): Promise<ExamplesInfo> {
  const writer = await createExamples(folder, features, ['train', 'test']);
  for (const index of rows) await writer.write(index === 3 ? 'test' : 'train', encodeValues(features, row(index)));
  return writer.finish();
}

/** Writes examples.json that says something else than what the files hold. */
async function pretend(info: ExamplesInfo, change: Partial<ExamplesInfo>): Promise<string> {
  const folder = temporaryFolder();
  await write(folder);
  await writeExamplesInfo(folder, { ...info, ...change });
  return folder;
}

describe('Examples', () => {
  test('are written in the layout of TFX and read into columns', async () => {
    const folder = temporaryFolder();
    const written = await write(folder);
    const info = await readExamplesInfo(folder);
    expect(info).toEqual(written);
    expect(info.splits).toEqual({
      train: { examples: 3, files: ['Split-train/data_tfrecord-00000-of-00001.gz'] },
      test: { examples: 1, files: ['Split-test/data_tfrecord-00000-of-00001.gz'] },
    });
    const { examples, columns } = await readSplit(folder, info, 'train');
    expect(examples).toBe(3);
    expect(columns['pixels']).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 255, 1, 1, 2, 3, 4, 255, 2, 1, 2, 3, 4, 255));
    expect((columns['photo'] as Uint8Array[]).map((bytes) => [...bytes])).toEqual([
      [9, 0],
      [9, 1],
      [9, 2],
    ]);
    expect(columns['kind']).toEqual(Int32Array.of(0, 1, 2));
    expect(columns['size']).toEqual(Float32Array.of(0, -1, 0.5, -1, 1, -1));
    expect(columns['age']).toEqual(Int32Array.of(0, -1, -2));
    expect(columns['name']).toEqual(['ü0', 'ü1', 'ü2']);
  });

  test('the same examples give the same bytes', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    await write(a);
    await write(b);
    for (const file of ['examples.json', 'Split-train/data_tfrecord-00000-of-00001.gz']) {
      expect(readFileSync(join(a, file)).equals(readFileSync(join(b, file)))).toBe(true);
    }
  });

  test('a limit takes the first ones', async () => {
    const folder = temporaryFolder();
    const info = await write(folder);
    expect((await readSplit(folder, info, 'train', { limit: 2 })).columns['age']).toEqual(Int32Array.of(0, -1));
    expect((await readSplit(folder, info, 'train', { limit: 9 })).examples).toBe(3);
    expect((await readSplit(folder, info, 'train', { limit: 0 })).columns['kind']).toEqual(new Int32Array(0));
  });

  test('an unknown split names the known ones', async () => {
    const folder = temporaryFolder();
    const info = await write(folder);
    for (const split of ['eval', '__proto__', 'constructor']) {
      await expect(readSplit(folder, info, split)).rejects.toMatchObject({
        code: 'split-missing',
        hint: 'they have: test, train',
      });
    }
  });

  test('files that are not what examples.json says are refused', async () => {
    const base = await write(temporaryFolder());
    const cases: [Partial<ExamplesInfo>, string][] = [];
    const train = base.splits['train'] ?? { examples: 0, files: [] };
    cases.push([{ splits: { train: { ...train, examples: 4 } } }, 'fewer than the 4 examples']);
    cases.push([{ splits: { train: { ...train, examples: 2 } } }, 'more than the 2 examples']);
    cases.push([{ features: { other: { kind: 'integer' } } }, "feature 'other': it is missing"]);
    cases.push([{ features: { age: { kind: 'string' } } }, "feature 'age': it holds int64 values, not bytes"]);
    cases.push([{ features: { size: { kind: 'float', size: 3 } } }, "feature 'size': it has 2 values, not 3"]);
    cases.push([{ features: { kind: { kind: 'label', classes: ['a', 'b'] } } }, '2 is none of the 2 classes']);
    cases.push([{ features: { pixels: { kind: 'string' } } }, 'it is no UTF-8 text']);
    for (const [change, message] of cases) {
      const folder = await pretend(base, change);
      const info = await readExamplesInfo(folder);
      await expect(readSplit(folder, info, 'train')).rejects.toThrow(message);
    }
    const huge = await pretend(base, { splits: { train: { ...train, examples: 2 ** 50 } } });
    await expect(readSplit(huge, await readExamplesInfo(huge), 'train')).rejects.toMatchObject({
      code: 'split-too-large',
    });
  });

  test('an integer beyond 32 bits is refused', async () => {
    const folder = temporaryFolder();
    const info = await write(folder);
    const writer = await createExamples(join(mkdir(folder, 'more')), { age: { kind: 'integer' } }, ['train']);
    await writer.write('train', encodeExample(new Map([['age', { kind: 'int64', values: [2n ** 31n] }]])));
    const more = await writer.finish();
    await expect(readSplit(join(folder, 'more'), more, 'train')).rejects.toThrow('does not fit into 32 bits');
    expect(info.version).toBe(1);
  });

  test('values that are not as declared are not written', () => {
    const bad = (change: Record<string, unknown>): (() => unknown) => {
      const values = { ...row(1), ...change } as ReturnType<typeof row>;
      return () => encodeValues(features, values);
    };
    expect(bad({ pixels: new Uint8Array(5) })).toThrow("feature 'pixels' has 5 bytes, not 6");
    expect(bad({ kind: 3 })).toThrow("feature 'kind' is 3: there are 3 classes");
    expect(bad({ kind: -1 })).toThrow("feature 'kind' is -1");
    expect(bad({ size: Float32Array.of(1, NaN) })).toThrow('not finite');
    expect(bad({ size: Float32Array.of(1) })).toThrow('has 1 numbers, not 2');
    expect(bad({ age: 0.5 })).toThrow('no integer of 32 bits');
    expect(bad({ age: undefined })).toThrow('no integer');
    expect(bad({ name: 1 })).toThrow('is no text');
  });
});

function mkdir(...parts: readonly string[]): string {
  const path = join(...parts);
  mkdirSync(path);
  return path;
}

describe('examples.json', () => {
  const good = {
    version: 1,
    features: { x: { kind: 'float', size: 1 } },
    splits: { train: { examples: 1, files: ['Split-train/a.gz'] } },
  };
  const check = (change: object): unknown => parseExamplesInfo(JSON.stringify({ ...good, ...change }), 'examples.json');

  test('is read as it was written', () => {
    expect(check({})).toEqual(good);
  });

  test.each([
    [{ version: 2 }, 'version 2 is not known'],
    [{ features: {} }, 'there are no features'],
    [{ features: [] }, 'there are no features'],
    [{ features: { x: { kind: 'tensor' } } }, "feature 'x' has no known 'kind'"],
    [{ features: { x: { kind: 'float', size: 0 } } }, "no valid 'size'"],
    [{ features: { x: { kind: 'image', encoding: 'raw', height: 9e4, width: 9e4, channels: 3 } } }, 'is too large'],
    [{ features: { x: { kind: 'label', classes: [] } } }, "no valid 'classes'"],
    [{ features: { x: { kind: 'label', classes: [1] } } }, 'a class without a name'],
    [{ splits: { '../x': { examples: 1, files: [] } } }, 'a split has no valid name'],
    [{ splits: { train: { examples: -1, files: [] } } }, "no valid 'examples'"],
    [{ splits: { train: { examples: 1, files: ['../../etc/passwd'] } } }, 'names a file outside Split-train/'],
    [{ splits: { train: { examples: 1, files: ['Split-train/../x'] } } }, 'names a file outside Split-train/'],
    [{ splits: { train: { examples: 1, files: ['/Split-train/x'] } } }, 'names a file outside Split-train/'],
  ])('refuses %j', (change, message) => {
    expect(() => check(change)).toThrow(message);
  });

  test('refuses what is no JSON, is missing, or carries __proto__', async () => {
    const folder = temporaryFolder();
    await expect(readExamplesInfo(folder)).rejects.toMatchObject({ code: 'examples-invalid' });
    writeFileSync(join(folder, 'examples.json'), '{');
    await expect(readExamplesInfo(folder)).rejects.toThrow('this is no JSON');
    expect(() =>
      parseExamplesInfo('{"version": 1, "features": {"__proto__": {"kind": "string"}}, "splits": {}}', 'f'),
    ).toThrow('no valid name');
  });

  test('never crashes on arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (features, splits) => {
        try {
          parseExamplesInfo(`{"version": 1, "features": ${features}, "splits": ${splits}}`, 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(StepError);
        }
      }),
    );
  });
});
