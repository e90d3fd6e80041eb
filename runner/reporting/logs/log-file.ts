/**
 * A log file of bounded size: its beginning is kept, and its end. Lines are gathered and written together.
 */
import { openAppended, type AppendedFile } from '../../../artifacts/disk.js';

/** Bytes that are gathered before they are written. */
const GATHERED = 64 * 1024;

/** Sizes of a log file in bytes. */
export interface LogLimits {
  /** Kept from the beginning. */
  readonly head: number;
  /** Kept from the end, in memory until the file is closed. */
  readonly tail: number;
}

/** What a log file of a step may take: 8 MiB from its beginning and 64 KiB from its end. */
export const LOG_LIMITS: LogLimits = { head: 8 * 1024 * 1024, tail: 64 * 1024 };

/** A log file that is being written. It is made when the first line is written to the disk. */
export class LogFile {
  #file: AppendedFile | undefined;
  #pending: string[] = [];
  #pendingBytes = 0;
  #headBytes = 0;
  #tail: string[] = [];
  #tailBytes = 0;
  #leftOut = 0;

  /** @param path - absolute; its folder is made */
  constructor(
    private readonly path: string,
    private readonly limits: LogLimits = LOG_LIMITS,
  ) {}

  /** Adds a line. @throws the system's error when the disk does not take it */
  add(line: string): void {
    const text = `${line}\n`;
    const bytes = Buffer.byteLength(text);
    if (this.#headBytes + bytes <= this.limits.head && this.#tail.length === 0) {
      this.#headBytes += bytes;
      this.#pending.push(text);
      this.#pendingBytes += bytes;
      if (this.#pendingBytes >= GATHERED) this.flush();
      return;
    }
    this.#tail.push(text);
    this.#tailBytes += bytes;
    while (this.#tailBytes > this.limits.tail && this.#tail.length > 1) {
      this.#tailBytes -= Buffer.byteLength(this.#tail.shift() ?? '');
      this.#leftOut++;
    }
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const text = this.#pending.join('');
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#file ??= openAppended(this.path);
    this.#file.append(text);
  }

  /** Writes all that is left, and closes the file. */
  close(): void {
    if (this.#leftOut > 0) this.#pending.push(`… ${String(this.#leftOut)} lines are left out here …\n`);
    this.#pending.push(...this.#tail);
    this.#tail = [];
    this.flush();
    this.#file?.close();
    this.#file = undefined;
  }
}
