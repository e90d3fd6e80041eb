import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StepError } from '../../../../components/executor.js';
import { crc32c, maskedCrc32c } from '../../../../components/formats/examples/crc32c.js';
import { createRecordFile, frameRecord, readRecords } from '../../../../components/formats/examples/tfrecord.js';
import { temporaryFolders } from '../../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

async function all(file: string): Promise<string[]> {
  const records: string[] = [];
  for await (const record of readRecords(file)) records.push(record.toString('latin1'));
  return records;
}

function fileOf(bytes: Uint8Array): string {
  const file = join(temporaryFolder(), 'data');
  writeFileSync(file, bytes);
  return file;
}

const TWO = Buffer.concat([frameRecord(Buffer.from('first record')), frameRecord(Buffer.from('second'))]);

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4.
  test.each([
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  test('is the same from any offset and in any alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), (bytes, shift) => {
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        let slow = -1;
        for (const byte of bytes) {
          slow ^= byte;
          for (let bit = 0; bit < 8; bit++) slow = (slow & 1) === 1 ? (slow >>> 1) ^ 0x82f63b78 : slow >>> 1;
        }
        expect(crc32c(shifted.subarray(shift))).toBe(~slow >>> 0);
      }),
    );
  });
});

describe('TFRecord', () => {
  test('a frame is as TensorFlow writes it', () => {
    // tf.io.TFRecordWriter, one record b'abc'.
    expect(frameRecord(Buffer.from('abc')).toString('hex')).toBe('0300000000000000b099490e6162636e57f121');
  });

  test('what was written is read, the same bytes every time', async () => {
    const folder = temporaryFolder();
    const records = Array.from({ length: 300 }, (_, index) => Buffer.alloc(index * 10, index));
    for (const name of ['a', 'b']) {
      const file = createRecordFile(join(folder, name));
      for (const record of records) await file.write(record);
      await file.close();
    }
    expect(await all(join(folder, 'a'))).toEqual(records.map((record) => record.toString('latin1')));
    const bytes = readFileSync(join(folder, 'a'));
    expect(bytes.equals(readFileSync(join(folder, 'b')))).toBe(true);
    // No time, unknown operating system.
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, bytes[8], 255]);
  });

  test('an empty file has no records, and a file is not overwritten', async () => {
    const path = join(temporaryFolder(), 'empty');
    const file = createRecordFile(path);
    await file.close();
    expect(await all(path)).toEqual([]);
    await expect(createRecordFile(path).close()).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await all(fileOf(Buffer.alloc(0)))).toEqual([]);
  });

  test('plain, gzipped, and gzipped in several members', async () => {
    const records = ['first record', 'second'];
    expect(await all(fileOf(TWO))).toEqual(records);
    expect(await all(fileOf(gzipSync(TWO)))).toEqual(records);
    const members = Buffer.concat([gzipSync(TWO.subarray(0, 20)), gzipSync(TWO.subarray(20))]);
    expect(gunzipSync(members)).toEqual(TWO);
    expect(await all(fileOf(members))).toEqual(records);
  });

  test('any flipped bit is noticed', async () => {
    const folder = temporaryFolder();
    for (let bit = 0; bit < TWO.length * 8; bit += 5) {
      const bytes = Buffer.from(TWO);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const file = join(folder, String(bit));
      writeFileSync(file, bytes);
      await expect(all(file)).rejects.toMatchObject({ code: 'tfrecord-invalid' });
    }
  });

  test('any cut is noticed, but between records', async () => {
    const first = frameRecord(Buffer.from('first record')).length;
    for (let length = 1; length < TWO.length; length++) {
      if (length === first) continue;
      await expect(all(fileOf(TWO.subarray(0, length)))).rejects.toMatchObject({ code: 'tfrecord-invalid' });
    }
  });

  test('a length of 2^60 asks for no memory, even with its right checksum', async () => {
    const header = Buffer.alloc(12);
    header.writeBigUInt64LE(2n ** 60n, 0);
    header.writeUInt32LE(maskedCrc32c(header.subarray(0, 8)), 8);
    await expect(all(fileOf(header))).rejects.toThrow('1152921504606846976 bytes');
  });

  test('says what a file is instead', async () => {
    await expect(all(fileOf(Buffer.from('<!DOCTYPE html> not here')))).rejects.toThrow('this is no TFRecord file');
    await expect(all(fileOf(gzipSync(gzipSync(TWO))))).rejects.toThrow('gzipped twice');
    await expect(all(fileOf(gzipSync(TWO).subarray(0, 40)))).rejects.toThrow('cut short');
  });

  test('arbitrary bytes are refused, never a crash', async () => {
    const folder = temporaryFolder();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), async (bytes, packed) => {
        const file = join(folder, String(count++));
        writeFileSync(file, packed ? gzipSync(bytes) : bytes);
        await all(file).then(
          () => {
            expect(bytes).toBe('refused');
          },
          (error: unknown) => {
            expect(error).toBeInstanceOf(StepError);
          },
        );
      }),
    );
  });
});
