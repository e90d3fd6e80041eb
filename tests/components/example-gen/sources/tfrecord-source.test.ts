import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { encodeExample, type Feature } from '../../../../components/formats/examples/example.js';
import { createRecordFile } from '../../../../components/formats/examples/tfrecord.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';
import { failure, generate, type Generated } from '../generate.js';

const temporaryFolder = temporaryFolders();

describe('ExampleGen on TFRecord', () => {
  const int64 = (...values: number[]): Feature => ({ kind: 'int64', values: values.map(BigInt) });
  const bytes = (...values: (string | Uint8Array)[]): Feature => ({
    kind: 'bytes',
    values: values.map((value) => Buffer.from(value)),
  });
  const float = (...values: number[]): Feature => ({ kind: 'float', values: Float32Array.from(values) });
  type Rows = readonly Readonly<Record<string, Feature>>[];

  async function records(rows: Rows): Promise<Buffer> {
    const path = join(temporaryFolder(), 'records.gz');
    const file = createRecordFile(path);
    for (const row of rows) await file.write(encodeExample(new Map(Object.entries(row))));
    await file.close();
    return readFileSync(path);
  }
  const source = (more: object = {}): object => ({ tfrecord: { path: { train: 'data' }, ...more } });
  const run = async (rows: Rows, more: object = {}, rest: object = {}): Promise<Generated> =>
    generate(temporaryFolder(), { source: source(more), ...rest }, { data: await records(rows) });
  const bad = async (rows: Rows, more: object = {}, rest: object = {}): Promise<unknown> =>
    failure(temporaryFolder(), { source: source(more), ...rest }, { data: await records(rows) });

  test('reads what the first example shows', async () => {
    const picture = await sharp({ create: { height: 1, width: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const { info, columns } = await run(
      [
        { photo: bytes(picture), id: int64(5), w: float(1, 2), name: bytes('ü'), kind: int64(2) },
        { photo: bytes(picture), id: int64(-6), w: float(3, 4), name: bytes(''), kind: int64(0) },
      ],
      { label: 'kind' },
    );
    expect(info.features).toEqual({
      photo: { kind: 'image', encoding: 'encoded' },
      id: { kind: 'integer' },
      w: { kind: 'float', size: 2 },
      name: { kind: 'string' },
      kind: { kind: 'label', classes: ['0', '1', '2'] },
    });
    const { w, name, kind, id } = await columns('train');
    expect([w, name, kind, id]).toEqual([
      Float32Array.of(1, 2, 3, 4),
      ['ü', ''],
      Int32Array.of(2, 0),
      Int32Array.of(5, -6),
    ]);
  });

  test('reads what is declared, raw pixels and named classes too, and leaves the rest out', async () => {
    const { info, columns } = await run(
      [
        { image: bytes(Uint8Array.of(0xff, 0xd8, 0xff, 4)), kind: bytes('dog'), id: int64(1) },
        { image: bytes(Uint8Array.of(5, 6, 7, 8)), kind: bytes('cat') },
      ],
      { features: { image: { image: [2, 2, 1] } }, label: 'kind' },
    );
    expect(info.features).toEqual({
      image: { kind: 'image', encoding: 'raw', height: 2, width: 2, channels: 1 },
      kind: { kind: 'label', classes: ['cat', 'dog'] },
    });
    expect(await columns('train')).toEqual({
      image: Uint8Array.of(0xff, 0xd8, 0xff, 4, 5, 6, 7, 8),
      kind: Int32Array.of(1, 0),
    });
  });

  test('what it wrote, it reads to the same bytes', async () => {
    const first = await run(
      [
        { w: float(1), kind: int64(1) },
        { w: float(2), kind: int64(0) },
      ],
      { label: 'kind' },
    );
    const second = await generate(
      temporaryFolder(),
      { source: { tfrecord: { path: { train: 'Split-train' }, label: 'kind' } } },
      { 'Split-train/x.gz': readFileSync(join(first.folder, 'Split-train/data_tfrecord-00000-of-00001.gz')) },
    );
    const file = 'Split-train/data_tfrecord-00000-of-00001.gz';
    expect(readFileSync(join(second.folder, file)).equals(readFileSync(join(first.folder, file)))).toBe(true);
  });

  test.each<[string, Rows, object, object, string]>([
    ['a feature that is missing', [{ a: int64(1) }, { b: int64(1) }], {}, {}, "example 1, feature 'a': it is missing"],
    ['a feature of another kind', [{ a: int64(1) }, { a: float(1) }], {}, {}, 'it holds float values, not int64'],
    [
      'lists of other lengths',
      [{ a: float(1) }, { a: float(1, 2) }],
      {},
      {},
      'it has 2 values, in the first example 1',
    ],
    ['several values', [{ a: int64(1, 2) }], {}, {}, 'cannot be read as one'],
    ['bytes that are neither', [{ a: bytes(Uint8Array.of(200, 1)) }], {}, {}, 'neither text nor a JPEG or PNG file'],
    ['pixels of another size', [{ a: bytes('xxx') }], { features: { a: { image: [2, 2, 1] } } }, {}, '3 bytes, not 4'],
    ['a label above the classes', [{ a: int64(2) }], { label: 'a' }, { classes: ['x'] }, 'a label 2'],
    ['a negative label', [{ a: int64(-1) }], { label: 'a' }, {}, '-1 is the index of no class'],
    ['a label beyond 32 bits', [{ a: { kind: 'int64', values: [2n ** 40n] } }], { label: 'a' }, {}, '32 bits'],
    ['labels of both kinds', [{ a: int64(1) }, { a: bytes('x') }], { label: 'a' }, {}, 'text in some examples'],
    ['a declared feature that is not there', [{ a: int64(1) }], { features: { b: 'float' } }, {}, "feature 'b'"],
    ['NaN', [{ a: float(NaN) }], {}, {}, 'not finite'],
    ['no examples', [], {}, {}, 'there are no examples'],
  ])('refuses %s', async (_, rows, more, rest, message) => {
    expect(await bad(rows, more, rest)).toMatchObject({
      name: 'StepError',
      message: expect.stringContaining(message),
    });
  });

  test('refuses a damaged file', async () => {
    expect(await failure(temporaryFolder(), { source: source() }, { data: 'x'.repeat(100) })).toMatchObject({
      code: 'tfrecord-invalid',
    });
  });
});
