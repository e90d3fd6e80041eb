/**
 * Reads the logs that steps leave, whole or as they grow.
 */
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { StoreError } from '../../../artifacts/store/store-error.js';
import { systemErrorCode } from '../../../artifacts/system-error.js';
import { recordedLog } from '../../../artifacts/store/step-log.js';
import { plainText } from '../text/plain-text.js';

/** Bytes that are read at once. */
const CHUNK = 1 << 20;

/** One line of a log; what a message of several lines goes on with has neither time nor level. */
export interface LogLine {
  /** ISO 8601, in UTC. */
  readonly time: string | undefined;
  readonly level: 'info' | 'warn' | 'error' | undefined;
  readonly message: string;
}

/** Takes a line apart, made plain: the file may have been changed. */
export function parseLogLine(line: string): LogLine {
  const match = /^(\d{4}-\d\d-\d\dT[\d:.]{8,12}Z) (?:(info|warn) )?(.*)$/u.exec(plainText(line));
  if (match === null) return { time: undefined, level: undefined, message: plainText(line) };
  const [, time, level, message = ''] = match;
  return { time, message, level: level === undefined ? 'error' : (level as 'info' | 'warn') };
}

/** A log that is read on from where it was left. */
export class LogReader {
  #at: number;
  #begun = '';
  readonly #decoder = new StringDecoder('utf8');

  /**
   * @param path - absolute; the file may come to be later
   * @param start - the byte to begin at
   */
  constructor(
    private readonly path: string,
    start = 0,
  ) {
    this.#at = start;
  }

  /**
   * The lines that have been added.
   *
   * @param last - nothing more will be written: a line without an end counts as one
   */
  async read(last: boolean): Promise<readonly LogLine[]> {
    const lines: string[] = [];
    try {
      const file = await open(this.path, 'r');
      try {
        const buffer = Buffer.alloc(CHUNK);
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, CHUNK, this.#at);
          if (bytesRead === 0) break;
          this.#at += bytesRead;
          const parts = (this.#begun + this.#decoder.write(buffer.subarray(0, bytesRead))).split('\n');
          this.#begun = parts.pop() ?? '';
          lines.push(...parts);
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      // A step that says nothing has no log.
      if (systemErrorCode(error) !== 'ENOENT') throw StoreError.from(error, `reading ${this.path}`);
    }
    if (last && this.#begun !== '') {
      lines.push(this.#begun);
      this.#begun = '';
    }
    return lines.map(parseLogLine);
  }
}

/**
 * All lines of a recorded log; none where there is no log.
 *
 * @param root - absolute folder of the store
 * @param log - as the step's record names it
 */
export async function recordedLines(root: string, log: string | undefined): Promise<readonly LogLine[]> {
  const path = recordedLog(root, log);
  return path === undefined ? [] : await new LogReader(path).read(true);
}

/** Bytes of a log that are looked at for its end. */
const TAIL_BYTES = 1 << 18;

/**
 * The last lines of a recorded log, however long it is, and whether there are more.
 *
 * @param root - absolute folder of the store
 * @param log - as the step's record names it
 */
export async function recordedTail(
  root: string,
  log: string | undefined,
  count: number,
): Promise<{ readonly lines: readonly LogLine[]; readonly isCut: boolean }> {
  const path = recordedLog(root, log);
  const size =
    path === undefined
      ? 0
      : await stat(path).then(
          ({ size: bytes }) => bytes,
          () => 0,
        );
  const start = Math.max(0, size - TAIL_BYTES);
  const read = path === undefined ? [] : await new LogReader(path, start).read(true);
  // What it begins in the middle of is no line.
  const lines = start === 0 ? read : read.slice(1);
  return { lines: lines.slice(-count), isCut: start > 0 || lines.length > count };
}
