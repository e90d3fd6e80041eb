import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StepError } from '../../../components/executor.js';
import {
  countCifarImages,
  encodeCifarRecord,
  readCifarClasses,
  readCifarImages,
  type CifarImage,
} from '../../../components/formats/cifar.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

function fileOf(bytes: Uint8Array): string {
  const file = join(temporaryFolder(), 'batch.bin');
  writeFileSync(file, bytes);
  return file;
}

async function all(file: string): Promise<CifarImage[]> {
  const images: CifarImage[] = [];
  for await (const image of readCifarImages(file)) images.push(image);
  return images;
}

describe('CIFAR-10 binary', () => {
  test('planes become pixels, channels last', async () => {
    const record = Buffer.alloc(3073);
    record[0] = 7;
    // First pixel red 1, green 2, blue 3; last pixel 4, 5, 6.
    record.set([1], 1);
    record.set([2], 1 + 1024);
    record.set([3], 1 + 2048);
    record.set([4], 1024);
    record.set([5], 2048);
    record.set([6], 3072);
    const file = fileOf(Buffer.concat([record, record]));
    const [image, , ...none] = await all(file);
    expect(none).toEqual([]);
    expect(image?.label).toBe(7);
    expect([...(image?.pixels.subarray(0, 3) ?? [])]).toEqual([1, 2, 3]);
    expect([...(image?.pixels.subarray(3069) ?? [])]).toEqual([4, 5, 6]);
    expect(await countCifarImages(file)).toBe(2);
    expect(Buffer.from(encodeCifarRecord(image ?? { label: 0, pixels: new Uint8Array() })).equals(record)).toBe(true);
  });

  test('a wrong size, a label above 9 and a cut are refused', async () => {
    await expect(countCifarImages(fileOf(Buffer.alloc(3072)))).rejects.toThrow('3072 bytes are no multiple of 3073');
    await expect(countCifarImages(fileOf(Buffer.alloc(0)))).rejects.toMatchObject({ code: 'cifar-invalid' });
    await expect(countCifarImages('/nowhere/x')).rejects.toMatchObject({ code: 'file-missing' });
    await expect(all(fileOf(Buffer.alloc(3073, 200)))).rejects.toThrow('image 0: its label is 200, above 9');
    await expect(all(fileOf(Buffer.alloc(3073 + 5)))).rejects.toThrow('image 1: it is cut short');
  });

  test('class names are ten different lines', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `class ${String(index)}`);
    const folder = temporaryFolder();
    expect(await readCifarClasses(folder)).toBeUndefined();
    const write = (lines: readonly string[]): void => {
      writeFileSync(join(folder, 'batches.meta.txt'), lines.join('\n'));
    };
    write([...names, '', '']);
    expect(await readCifarClasses(folder)).toEqual(names);
    for (const bad of [names.slice(1), [...names, 'eleventh'], [...names.slice(1), 'class 1'], ['x'.repeat(70_000)]]) {
      write(bad);
      await expect(readCifarClasses(folder)).rejects.toMatchObject({ code: 'cifar-invalid' });
    }
  });

  test('arbitrary bytes are refused or read, never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(7000), fc.nat(255), async (length, value) => {
        await all(fileOf(Buffer.alloc(length, value))).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StepError);
        });
      }),
      { numRuns: 50 },
    );
  });
});
