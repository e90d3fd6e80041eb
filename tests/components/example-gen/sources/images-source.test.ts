import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { temporaryFolders } from '../../../rig/temp-folder.js';
import { failure, generate, type Files } from '../generate.js';

const temporaryFolder = temporaryFolders();

describe('ExampleGen on folders of images', () => {
  const png = (height: number, width: number, value: number): Promise<Buffer> =>
    sharp({ create: { height, width, channels: 3, background: { r: value, g: 0, b: 0 } } })
      .png()
      .toBuffer();
  const jpeg = (height: number, width: number): Promise<Buffer> =>
    sharp({ create: { height, width, channels: 3, background: '#fff' } })
      .jpeg()
      .toBuffer();
  const both = { train: 1, eval: 1 };

  test('makes pixels of images that have one size, and classes of folders', async () => {
    const files = {
      'photos/cat/1.png': await png(2, 3, 10),
      'photos/cat/deep/er.png': await png(2, 3, 20),
      'photos/bird/1.jpg': await jpeg(2, 3),
      'photos/.DS_Store': 'x',
      'photos/README': 'x',
    };
    const { info, columns, logs } = await generate(
      temporaryFolder(),
      { source: { images: { path: { train: 'photos' } } } },
      files,
    );
    expect(info.features).toEqual({
      image: { kind: 'image', encoding: 'raw', height: 2, width: 3, channels: 3 },
      label: { kind: 'label', classes: ['bird', 'cat'] },
    });
    const { image, label } = await columns('train');
    expect(label).toEqual(Int32Array.of(0, 1, 1));
    expect([...(image as Uint8Array)].filter((_, index) => index % 18 === 0)).toEqual([255, 10, 20]);
    expect(logs.join()).toContain('1 files beside the classes are left out, such as README');
  });

  test('keeps the files of images that differ in size', async () => {
    const file = await jpeg(5, 5);
    const { info, columns } = await generate(
      temporaryFolder(),
      { source: { images: { path: { train: 'photos' } } } },
      { 'photos/a/1.png': await png(2, 3, 10), 'photos/a/2.jpg': file },
    );
    expect(info.features['image']).toEqual({ kind: 'image', encoding: 'encoded' });
    const images = (await columns('train'))['image'] as readonly Uint8Array[];
    expect(images.map((image) => image.length).sort()).toContain(file.length);
  });

  test('brings images to a size and to grey', async () => {
    const { info, columns } = await generate(
      temporaryFolder(),
      { source: { images: { path: { train: 'photos' }, size: [4, 4], color_mode: 'grayscale' } } },
      { 'photos/a/1.png': await png(2, 3, 0), 'photos/a/2.jpg': await jpeg(5, 5) },
    );
    expect(info.features['image']).toEqual({ kind: 'image', encoding: 'raw', height: 4, width: 4, channels: 1 });
    expect((await columns('train'))['image']).toEqual(
      Uint8Array.from({ length: 32 }, (_, index) => (index < 16 ? 0 : 255)),
    );
  });

  test('several folders share their classes', async () => {
    const { info, columns } = await generate(
      temporaryFolder(),
      { source: { images: { path: { train: 'data/train', test: 'data/test' } } } },
      {
        'data/train/a/1.png': await png(1, 1, 1),
        'data/train/b/1.png': await png(1, 1, 2),
        'data/test/b/1.png': await png(1, 1, 3),
      },
    );
    expect(info.features['label']).toEqual({ kind: 'label', classes: ['a', 'b'] });
    expect((await columns('test'))['label']).toEqual(Int32Array.of(1));
  });

  test('refuses damaged images, other formats, splits that pass for classes, unknown classes, and nothing', async () => {
    const good = await png(2, 2, 1);
    const run = (files: Files, more: object = {}): Promise<unknown> =>
      failure(temporaryFolder(), { source: { images: { path: 'photos' } }, split: both, ...more }, files);
    expect(await run({ 'photos/a/1.png': good.subarray(0, 60) })).toMatchObject({ code: 'image-invalid' });
    expect(await run({ 'photos/a/1.png': good, 'photos/a/label.txt': 'x' })).toMatchObject({
      message: expect.stringContaining('label.txt is neither a JPEG nor a PNG file'),
    });
    expect(await run({ 'photos/train/a/1.png': good, 'photos/test/a/1.png': good })).toMatchObject({
      code: 'images-by-split',
    });
    expect(await run({ 'photos/a/1.png': good }, { classes: ['b'] })).toMatchObject({ code: 'label-unknown' });
    expect(await run({ 'photos/1.png': good })).toMatchObject({ code: 'no-examples' });
    expect(await run({})).toMatchObject({ code: 'file-missing' });
    expect(await run({ photos: 'x' })).toMatchObject({ code: 'file-wrong-kind' });
  });
});
