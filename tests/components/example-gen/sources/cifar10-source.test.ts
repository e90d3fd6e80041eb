import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { nobody } from '../../../rig/file-server.js';
import { tarBytes, tarMember } from '../../../rig/tar.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';
import { cifarFiles, failure, generate, NAMES, type Files } from '../generate.js';

const temporaryFolder = temporaryFolders();

function tarOf(files: Files): Buffer {
  return tarBytes(...Object.entries(files).map(([path, content]) => tarMember({ path }, Buffer.from(content))));
}

describe('ExampleGen on CIFAR-10', () => {
  test('keeps both splits, pixels as they are, in the layout of TFX', async () => {
    const { info, columns, folder, properties, logs, progress } = await generate(
      temporaryFolder(),
      { source: { cifar10: { path: 'cifar' } } },
      cifarFiles(4),
    );
    expect(info.features).toEqual({
      image: { kind: 'image', encoding: 'raw', height: 32, width: 32, channels: 3 },
      label: { kind: 'label', classes: NAMES },
    });
    expect(readdirSync(folder).sort()).toEqual(['Split-test', 'Split-train', 'examples.json']);
    expect(readdirSync(join(folder, 'Split-train'))).toEqual(['data_tfrecord-00000-of-00001.gz']);
    const { image, label } = await columns('train');
    expect(label).toEqual(Int32Array.from({ length: 20 }, (_, index) => (4 + index) % 10));
    expect((image as Uint8Array).filter((_, index) => index % 3072 === 5)).toEqual(
      Uint8Array.from({ length: 20 }, (_, index) => 4 + index),
    );
    expect(properties).toEqual({
      'examples.span': 0,
      'examples.version': 0,
      'examples.split_names': '["test","train"]',
      'examples.examples': 24,
    });
    expect(logs.join('\n')).toContain("split 'train': 20 examples");
    expect(progress.every(({ fraction }) => fraction === undefined || (fraction >= 0 && fraction <= 1))).toBe(true);
  });

  test.each([
    ['the official archive', 'cifar.tar.gz', gzipSync(tarOf(cifarFiles(2, 'cifar-10-batches-bin/')))],
    ['an archive without its folder', 'cifar.tar', tarOf(cifarFiles(2, './'))],
  ])('reads %s', async (_, name, bytes) => {
    const { info } = await generate(temporaryFolder(), { source: { cifar10: { path: name } } }, { [name]: bytes });
    expect(info.splits['train']?.examples).toBe(10);
  });

  test('reads the folder that the archive has inside', async () => {
    const files = cifarFiles(2, 'data/cifar-10-batches-bin/');
    const { info } = await generate(temporaryFolder(), { source: { cifar10: { path: 'data' } } }, files);
    expect(info.splits['test']?.examples).toBe(2);
  });

  test('divides the training data and keeps the test data', async () => {
    const { info, columns } = await generate(
      temporaryFolder(),
      { source: { cifar10: { path: 'cifar' } }, split: { train: { train: 3, eval: 1 } } },
      cifarFiles(20),
    );
    expect(Object.keys(info.splits)).toEqual(['eval', 'test', 'train']);
    expect(info.splits['test']?.examples).toBe(20);
    const [train, evaluation] = [await columns('train'), await columns('eval')];
    const pixels = [...(train['image'] as Uint8Array), ...(evaluation['image'] as Uint8Array)];
    expect(pixels.filter((_, index) => index % 3072 === 0).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => 20 + index),
    );
  });

  test('limits a split to as many of every class', async () => {
    const { columns, info } = await generate(
      temporaryFolder(),
      { source: { cifar10: { path: 'cifar' } }, limit: { train: 30 } },
      cifarFiles(20),
    );
    const labels = [...((await columns('train'))['label'] as Int32Array)];
    expect(NAMES.map((_, label) => labels.filter((found) => found === label).length)).toEqual(NAMES.map(() => 3));
    expect(info.splits['test']?.examples).toBe(20);
  });

  test('a null path means a download; without a server it says what to do', async () => {
    const archive = { urls: [await nobody()] };
    const error = await failure(temporaryFolder(), { source: { cifar10: { path: null, archive } } }, {});
    expect(error).toMatchObject({
      code: 'download-offline',
      hint: expect.stringContaining('--set source=FILE_OR_DIR'),
    });
  });

  test.each<[string, Files, string]>([
    ['nothing', {}, 'does not exist'],
    ['a folder of something else', { 'cifar/x': '' }, 'does not hold test_batch.bin'],
    ['the Python version', { 'cifar/cifar-10-batches-py/batches.meta': '' }, 'is the Python version'],
    ['a batch of another size', { ...cifarFiles(1), 'cifar/data_batch_3.bin': 'x' }, 'no multiple of 3073'],
    ['a label above 9', { ...cifarFiles(1), 'cifar/data_batch_3.bin': Buffer.alloc(3073, 77) }, 'its label is 77'],
    ['no archive', { cifar: '<html>not here</html>' }, 'is no intact tar archive'],
  ])('refuses %s', async (_, files, message) => {
    expect(await failure(temporaryFolder(), { source: { cifar10: { path: 'cifar' } } }, files)).toMatchObject({
      name: 'StepError',
      message: expect.stringContaining(message),
    });
  });

  test('refuses a missing batch', async () => {
    const files = Object.fromEntries(Object.entries(cifarFiles(1)).filter(([path]) => !path.includes('batch_3')));
    expect(await failure(temporaryFolder(), { source: { cifar10: { path: 'cifar' } } }, files)).toMatchObject({
      code: 'file-missing',
    });
  });
});
