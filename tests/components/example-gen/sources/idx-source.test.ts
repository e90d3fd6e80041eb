import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Column } from '../../../../components/formats/examples/examples-info.js';
import { encodeIdx } from '../../../../components/formats/idx.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';
import { failure, generate } from '../generate.js';

const temporaryFolder = temporaryFolders();

describe('ExampleGen on IDX', () => {
  const pair = (count: number, classes: number): [Buffer, Buffer] => [
    gzipSync(
      encodeIdx(
        [count, 2, 2],
        Uint8Array.from({ length: count * 4 }, (_, index) => index),
      ),
    ),
    encodeIdx(
      [count],
      Uint8Array.from({ length: count }, (_, index) => index % classes),
    ),
  ];
  const [images, labels] = pair(12, 3);
  const source = { idx: { images: 'images.gz', labels: 'labels' } };

  test('divides a single input by the hash of its examples, whatever their order', async () => {
    const { info, columns } = await generate(temporaryFolder(), { source }, { 'images.gz': images, labels });
    expect(info.features).toEqual({
      image: { kind: 'image', encoding: 'raw', height: 2, width: 2, channels: 1 },
      label: { kind: 'label', classes: ['0', '1', '2'] },
    });
    const train = await columns('train');
    const evaluation = await columns('eval');
    expect((train['label'] as Int32Array).length + (evaluation['label'] as Int32Array).length).toBe(12);
    const reversed = {
      'images.gz': encodeIdx(
        [12, 2, 2],
        Uint8Array.from({ length: 48 }, (_, index) => (11 - Math.floor(index / 4)) * 4 + (index % 4)),
      ),
      labels: encodeIdx(
        [12],
        Uint8Array.from({ length: 12 }, (_, index) => (11 - index) % 3),
      ),
    };
    const again = await (await generate(temporaryFolder(), { source }, reversed)).columns('train');
    const firstPixels = (column: Column | undefined): number[] =>
      [...(column as Uint8Array)].filter((_, index) => index % 4 === 0).sort((a, b) => a - b);
    expect(firstPixels(again['image'])).toEqual(firstPixels(train['image']));
  });

  test('keeps several inputs, and names the classes', async () => {
    const [testImages, testLabels] = pair(3, 3);
    const { info } = await generate(
      temporaryFolder(),
      {
        source: { idx: { train: source.idx, test: { images: 'test-images', labels: 'test-labels' } } },
        classes: ['shirt', 'shoe', '<script>'],
      },
      { 'images.gz': images, labels, 'test-images': testImages, 'test-labels': testLabels },
    );
    expect(info.features['label']).toEqual({ kind: 'label', classes: ['shirt', 'shoe', '<script>'] });
    expect(info.splits['train']?.examples).toBe(12);
    expect(info.splits['test']?.examples).toBe(3);
  });

  test('the same data and params give the same bytes', async () => {
    const files = { 'images.gz': images, labels };
    const [a, b] = [
      await generate(temporaryFolder(), { source }, files),
      await generate(temporaryFolder(), { source }, files),
    ];
    for (const file of ['examples.json', 'Split-train/data_tfrecord-00000-of-00001.gz']) {
      expect(readFileSync(join(a.folder, file)).equals(readFileSync(join(b.folder, file)))).toBe(true);
    }
  });

  test('refuses files that do not belong together, and labels without a name', async () => {
    const [, fewer] = pair(11, 3);
    expect(await failure(temporaryFolder(), { source }, { 'images.gz': images, labels: fewer })).toMatchObject({
      code: 'idx-invalid',
    });
    expect(
      await failure(temporaryFolder(), { source, classes: ['a', 'b'] }, { 'images.gz': images, labels }),
    ).toMatchObject({
      code: 'label-unknown',
    });
    const other = encodeIdx([3, 4, 4], new Uint8Array(48));
    expect(
      await failure(
        temporaryFolder(),
        { source: { idx: { train: source.idx, test: { images: 'other', labels: 'other-labels' } } } },
        { 'images.gz': images, labels, other, 'other-labels': encodeIdx([3], new Uint8Array(3)) },
      ),
    ).toMatchObject({ message: expect.stringContaining('4 × 4 × 1') });
  });

  test('refuses a split that gets nothing', async () => {
    const one = { 'images.gz': encodeIdx([1, 1, 1], Uint8Array.of(1)), labels: encodeIdx([1], Uint8Array.of(0)) };
    expect(await failure(temporaryFolder(), { source }, one)).toMatchObject({ code: 'split-empty' });
  });
});
