/**
 * The binary version of CIFAR-10. A file holds records of 3073 bytes: the class, then 32 × 32 values of red, of green and
 * of blue, row by row. Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../executor.js';
import { byteReader, fileError, readChunks } from './byte-stream.js';

/** Height and width of every image. */
export const CIFAR_SIZE = 32;

/** Number of classes. */
export const CIFAR10_CLASSES = 10;

/** Name of the folder inside the official archive. */
export const CIFAR10_FOLDER = 'cifar-10-batches-bin';

/** Files of the official layout by split, in order. */
export const CIFAR10_FILES = {
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${String(batch)}.bin`),
  test: ['test_batch.bin'],
} as const;

/** File with the names of the classes, one a line. */
export const CIFAR10_CLASSES_FILE = 'batches.meta.txt';

const PIXELS = CIFAR_SIZE * CIFAR_SIZE;
const CHANNELS = 3;
const RECORD_BYTES = 1 + PIXELS * CHANNELS;

/** The names are short; a larger file is another one. */
const MAX_CLASSES_FILE_BYTES = 1 << 16;

/** An image of CIFAR-10. */
export interface CifarImage {
  /** 0 to 9. */
  readonly label: number;
  /** 32 × 32 × 3, row-major, channels last (RGB). */
  readonly pixels: Uint8Array;
}

function toChannelsLast(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const plane = channel * PIXELS;
    for (let pixel = 0; pixel < PIXELS; pixel++) pixels[pixel * CHANNELS + channel] = planes[plane + pixel] ?? 0;
  }
  return pixels;
}

/** A record of the binary version. */
export function encodeCifarRecord(image: CifarImage): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES);
  record[0] = image.label;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const plane = 1 + channel * PIXELS;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      record[plane + pixel] = image.pixels[pixel * CHANNELS + channel] ?? 0;
    }
  }
  return record;
}

/**
 * Number of images in a file, by its size.
 *
 * @throws StepError `cifar-invalid` when it holds no whole number of images, or none
 */
export async function countCifarImages(file: string): Promise<number> {
  const { size } = await stat(file).catch((error: unknown) => {
    throw fileError(error, file);
  });
  if (size > 0 && size % RECORD_BYTES === 0) return size / RECORD_BYTES;
  throw new StepError(
    'cifar-invalid',
    `${file} is no batch of CIFAR-10: ${String(size)} bytes are no multiple of ${String(RECORD_BYTES)}`,
    'get the official archive again, in its binary version',
  );
}

/**
 * The images of a batch file in order.
 *
 * @throws StepError `cifar-invalid` when it is cut short, or a label is above 9
 */
export async function* readCifarImages(file: string): AsyncGenerator<CifarImage> {
  const reader = byteReader(readChunks(file, 'none'));
  try {
    for (let index = 0; ; index++) {
      const record = await reader.take(RECORD_BYTES);
      if (record.length === 0) return;
      const [label = 0] = record;
      if (record.length < RECORD_BYTES || label >= CIFAR10_CLASSES) {
        const what = record.length < RECORD_BYTES ? 'it is cut short' : `its label is ${String(label)}, above 9`;
        throw new StepError(
          'cifar-invalid',
          `${file}, image ${String(index)}: ${what}`,
          'get the official archive again',
        );
      }
      yield { label, pixels: toChannelsLast(record.subarray(1)) };
    }
  } finally {
    await reader.close();
  }
}

/**
 * The names of the classes in `batches.meta.txt`.
 *
 * @param folder - with the batch files
 * @returns undefined when there is no such file
 * @throws StepError `cifar-invalid` when there are not ten different names
 */
export async function readCifarClasses(folder: string): Promise<readonly string[] | undefined> {
  const file = join(folder, CIFAR10_CLASSES_FILE);
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) return undefined;
  const text = info.isFile() && info.size <= MAX_CLASSES_FILE_BYTES ? await readFile(file, 'utf8') : '';
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length === CIFAR10_CLASSES && new Set(names).size === names.length) return names;
  throw new StepError('cifar-invalid', `${file} does not hold ten different names of classes, one a line`);
}
