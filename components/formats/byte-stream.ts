/**
 * Bytes of a file, plain or gzipped, taken piece by piece: memory stays at what is asked for. What the bytes mean is the
 * business of the formats.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { errorMessage, systemErrorCode } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';

/** How a file is compressed; `auto` looks at its first bytes. */
export type Compression = 'auto' | 'gzip' | 'none';

/** Bytes read at once; also what a chunk holds at most. */
const CHUNK_BYTES = 1 << 20;

/** Whether bytes begin as a gzip member does (RFC 1952): magic, deflate, no reserved flag. */
export function looksGzipped(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 && ((head[3] ?? 0xff) & 0xe0) === 0;
}

/** Turns what the system or zlib says about a file into an error for the user; anything else stays as it is. */
export function fileError(error: unknown, file: string): unknown {
  const code = systemErrorCode(error);
  switch (code) {
    case undefined:
      return error;
    case 'ENOENT':
    case 'ENOTDIR':
      return new StepError('file-missing', `${file} does not exist`, 'check the path; it starts at the pipeline file');
    case 'EACCES':
    case 'EPERM':
      return new StepError('file-unreadable', `${file} may not be read`, 'check its permissions');
    case 'EISDIR':
      return new StepError('file-wrong-kind', `${file} is a folder, not a file`);
    case 'Z_DATA_ERROR':
    case 'Z_NEED_DICT':
      return new StepError('file-damaged', `${file}: the gzip data is damaged`, 'get the file again');
    case 'Z_BUF_ERROR':
      return new StepError('file-damaged', `${file}: the gzip data is cut short`, 'get the file again');
    default:
      return code.startsWith('E') ? new StepError('file-unreadable', `${file}: ${errorMessage(error)}`) : error;
  }
}

/** Turns what the system says while a file is written into an error for the user; anything else stays as it is. */
export function writeError(error: unknown, file: string): unknown {
  const code = systemErrorCode(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StepError('disk-full', `${file} cannot be written: the disk is full`, 'free some space');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EIO':
      return new StepError('file-unwritable', `${file} cannot be written: ${errorMessage(error)}`);
    default:
      return error;
  }
}

async function openRegular(file: string): Promise<FileHandle> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw fileError(error, file);
  });
  const stat = await handle.stat();
  if (stat.isFile()) return handle;
  await handle.close();
  throw new StepError('file-wrong-kind', `${file} is ${stat.isDirectory() ? 'a folder' : 'no regular file'}`);
}

/**
 * The first bytes of a file as they stand on disk.
 *
 * @throws StepError when it cannot be read
 */
export async function readHead(file: string, length: number): Promise<Buffer> {
  const handle = await openRegular(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

/**
 * The bytes of a file in chunks, unpacked when it is gzipped. A chunk stays valid; nobody writes into it later.
 *
 * @throws StepError when the file cannot be read, its gzip data is damaged, or it changed while it was read
 */
export async function* readChunks(file: string, compression: Compression = 'auto'): AsyncGenerator<Buffer> {
  const gzipped = compression === 'auto' ? looksGzipped(await readHead(file, 4)) : compression === 'gzip';
  const handle = await openRegular(file);
  try {
    const before = await handle.stat();
    const raw: Readable = handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false, start: 0 });
    const bytes: Readable = gzipped
      ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {
          // The error, if any, reaches the loop below through the last stream.
        })
      : raw;
    for await (const chunk of bytes) yield chunk as Buffer;
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new StepError('file-changed', `${file} changed while it was read`, 'run again when nothing writes to it');
    }
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

/** Takes bytes off a stream, in order. */
export interface ByteReader {
  /** The next `length` bytes; fewer only where the stream ends. Memory grows with what arrives, not with `length`. */
  take(length: number): Promise<Buffer>;
  /** Bytes taken so far. */
  readonly position: number;
  /** Ends the stream; to be called whether it was read to its end or not. */
  close(): Promise<void>;
}

/** Reads a stream of chunks piece by piece. */
export function byteReader(chunks: AsyncGenerator<Buffer>): ByteReader {
  const nothing = Buffer.alloc(0);
  let current: Buffer = nothing;
  let position = 0;
  const take = async (length: number): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    let missing = length;
    for (;;) {
      const piece = current.subarray(0, missing);
      current = current.subarray(piece.length);
      position += piece.length;
      missing -= piece.length;
      if (missing === 0 && pieces.length === 0) return piece;
      pieces.push(piece);
      if (missing === 0) return Buffer.concat(pieces);
      const next = await chunks.next();
      if (next.done === true) return Buffer.concat(pieces);
      current = next.value;
    }
  };
  return {
    take,
    get position() {
      return position;
    },
    close: async () => {
      current = nothing;
      await chunks.return(undefined);
    },
  };
}

/**
 * Sets what a gzip header says about time and machine to fixed values, so that the same content gives the same bytes
 * everywhere: no time, operating system unknown (RFC 1952, 2.3.1).
 *
 * @param head - begins with the header; changed in place
 */
export function fixGzipHeader(head: Uint8Array): void {
  head.fill(0, 4, 8);
  head[9] = 255;
}

/** Compresses bytes, with a header that names neither time nor machine. */
export function gzip(bytes: Uint8Array, level: number): Buffer {
  const packed = gzipSync(bytes, { level });
  fixGzipHeader(packed);
  return packed;
}
