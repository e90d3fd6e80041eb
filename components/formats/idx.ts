/**
 * IDX, the format of MNIST and its kin: a big-endian header with type and dimensions, then the values row by row. Only
 * unsigned bytes are read: pixels and class numbers. Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".
 */
import { StepError } from '../executor.js';
import { byteReader, readChunks } from './byte-stream.js';

const UNSIGNED_BYTE = 0x08;

/** Items that one file may have at most; above all a bound for what a damaged header can ask for. */
const MAX_VALUES = 2 ** 40;

/** Bytes that one item may have: as many as a record of examples takes. */
const MAX_ITEM_BYTES = 2 ** 26;

/** An open IDX file. */
export interface IdxFile {
  /** Size of every dimension; the first one counts the items. */
  readonly shape: readonly number[];
  /**
   * The items in order, `bytes` each: the product of all dimensions but the first.
   *
   * @throws StepError when the file is shorter or longer than its header says
   */
  items(): AsyncGenerator<Buffer>;
}

/**
 * Reads the header of an IDX file of unsigned bytes, plain or gzipped.
 *
 * @param dimensions - how many dimensions are expected: 1 for labels, 3 for grey images, 4 for images with channels
 * @throws StepError when it is no such file
 */
export async function openIdx(file: string, dimensions: readonly number[]): Promise<IdxFile> {
  const bad = (what: string): StepError =>
    new StepError('idx-invalid', `${file} is no IDX file as expected: ${what}`, 'check that it is the right file');
  const reader = byteReader(readChunks(file));
  let shape: number[];
  try {
    const magic = await reader.take(4);
    if (magic.length < 4 || magic[0] !== 0 || magic[1] !== 0) throw bad('it does not begin with the magic number');
    const [, , type = 0, rank = 0] = magic;
    if (type !== UNSIGNED_BYTE) throw bad(`its values are of type 0x${type.toString(16)}, not unsigned bytes (0x8)`);
    if (!dimensions.includes(rank)) throw bad(`it has ${String(rank)} dimensions, not ${dimensions.join(' or ')}`);
    const sizes = await reader.take(4 * rank);
    if (sizes.length < 4 * rank) throw bad('its header is cut short');
    shape = Array.from({ length: rank }, (_, axis) => sizes.readUInt32BE(4 * axis));
    const values = shape.reduce((product, size) => product * size, 1);
    if (values > MAX_VALUES) throw bad(`its header says ${shape.join(' × ')} values`);
    const items = shape[0] ?? 0;
    if (values > items * MAX_ITEM_BYTES) throw bad(`its header says that an item has ${String(values / items)} bytes`);
    if (values === 0) throw bad(`it is empty: its header says ${shape.join(' × ')}`);
  } finally {
    await reader.close();
  }
  const [count = 0, ...rest] = shape;
  const itemBytes = rest.reduce((product, size) => product * size, 1);
  return { shape, items: () => readItems(file, 4 + 4 * shape.length, count, itemBytes) };
}

async function* readItems(file: string, start: number, count: number, itemBytes: number): AsyncGenerator<Buffer> {
  const reader = byteReader(readChunks(file));
  try {
    await reader.take(start);
    for (let item = 0; item < count; item++) {
      const bytes = await reader.take(itemBytes);
      if (bytes.length < itemBytes) {
        throw new StepError(
          'idx-invalid',
          `${file} ends in item ${String(item)}; its header says that there are ${String(count)}`,
          'get the file again',
        );
      }
      yield bytes;
    }
    if ((await reader.take(1)).length > 0) {
      throw new StepError('idx-invalid', `${file} goes on after the ${String(count)} items of its header`);
    }
  } finally {
    await reader.close();
  }
}

/**
 * Makes an IDX file of unsigned bytes.
 *
 * @param shape - size of every dimension
 * @param values - as many as the product of the dimensions
 */
export function encodeIdx(shape: readonly number[], values: Uint8Array): Buffer {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length) throw new Error(`${shape.join(' × ')} is not ${String(values.length)} values`);
  const head = Buffer.alloc(4 + 4 * shape.length);
  head[2] = UNSIGNED_BYTE;
  head[3] = shape.length;
  shape.forEach((size, axis) => head.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([head, values]);
}
