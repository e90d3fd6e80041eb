/**
 * TFRecord files: records of any bytes, each behind its length, both with a masked CRC-32C. Source:
 * tensorflow/core/lib/io/record_writer.h:
 *
 *     uint64 length | uint32 masked CRC of length | bytes | uint32 masked CRC of bytes      (little-endian)
 *
 * Gzipped files are unpacked when read; files are written gzipped, the same bytes for the same records.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { StepError } from '../../executor.js';
import { byteReader, fixGzipHeader, looksGzipped, readChunks, writeError } from '../byte-stream.js';
import { maskedCrc32c } from './crc32c.js';

/** Bytes that one record may have at most; a damaged length is noticed by its CRC before. */
export const MAX_RECORD_BYTES = 2 ** 26;

const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;

/** Framed bytes that are gathered before they go to the compressor. */
const GATHERED_BYTES = 1 << 18;

/** Of 1 to 9: pixels hardly get smaller at higher levels, and writing would take three times as long. */
const GZIP_LEVEL = 1;

/** A record with its length and checksums around it. */
export function frameRecord(record: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + record.length + FOOTER_BYTES);
  framed.writeBigUInt64LE(BigInt(record.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  framed.set(record, HEADER_BYTES);
  framed.writeUInt32LE(maskedCrc32c(record), HEADER_BYTES + record.length);
  return framed;
}

/**
 * The records in a stream of TFRecord bytes, one by one.
 *
 * @param file - name for messages
 * @throws StepError `tfrecord-invalid` at the first byte that is not as it should be
 */
export async function* unframeRecords(chunks: AsyncGenerator<Buffer>, file: string): AsyncGenerator<Buffer> {
  const reader = byteReader(chunks);
  try {
    for (let index = 0; ; index++) {
      const bad = (what: string): StepError =>
        new StepError('tfrecord-invalid', `${file}, record ${String(index)}: ${what}`, 'get or write the file again');
      const header = await reader.take(HEADER_BYTES);
      if (header.length === 0) return;
      if (header.length < HEADER_BYTES) throw bad('the file is cut short');
      if (header.readUInt32LE(8) !== maskedCrc32c(header.subarray(0, 8))) {
        if (index > 0) throw bad('the length is damaged');
        throw bad(looksGzipped(header) ? 'it is gzipped twice' : 'this is no TFRecord file');
      }
      const length = header.readBigUInt64LE(0);
      if (length > MAX_RECORD_BYTES) {
        throw bad(`it says that it has ${String(length)} bytes; up to ${String(MAX_RECORD_BYTES)} are read`);
      }
      const record = await reader.take(Number(length));
      const footer = await reader.take(FOOTER_BYTES);
      if (footer.length < FOOTER_BYTES) throw bad('the file is cut short');
      if (footer.readUInt32LE(0) !== maskedCrc32c(record)) throw bad('its bytes are damaged');
      yield record;
    }
  } finally {
    await reader.close();
  }
}

/**
 * The records of a file, plain or gzipped (of one or several members).
 *
 * @throws StepError when the file cannot be read or is damaged
 */
export function readRecords(file: string): AsyncGenerator<Buffer> {
  return unframeRecords(readChunks(file), file);
}

/** A TFRecord file that is being written. */
export interface RecordFile {
  /** Appends a record. */
  write(record: Uint8Array): Promise<void>;
  /** Ends the file; to be called once. */
  close(): Promise<void>;
}

async function* withFixedHeader(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    if (first) fixGzipHeader(chunk);
    first = false;
    yield chunk;
  }
}

/**
 * Creates a gzipped TFRecord file, which must not exist yet.
 *
 * @throws StepError from write() and close() when the disk is full or refuses
 */
export function createRecordFile(file: string): RecordFile {
  const packer = createGzip({ level: GZIP_LEVEL });
  const done = pipeline(packer, withFixedHeader, createWriteStream(file, { flags: 'wx' })).catch((error: unknown) => {
    throw writeError(error, file);
  });
  // A failure reaches the caller through the next write or through close(), not as an unhandled rejection before.
  done.catch(() => undefined);
  let gathered: Buffer[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const whole = Buffer.concat(gathered);
    gathered = [];
    bytes = 0;
    if (!packer.write(whole)) await Promise.race([once(packer, 'drain'), done]);
  };
  return {
    write: async (record) => {
      const framed = frameRecord(record);
      gathered.push(framed);
      bytes += framed.length;
      if (bytes >= GATHERED_BYTES) await flush();
    },
    close: async () => {
      if (bytes > 0) await flush();
      packer.end();
      await done;
    },
  };
}
