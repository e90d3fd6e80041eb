/**
 * A block of lines at the end of a terminal's text that is drawn again in place. It knows nothing of what the lines say.
 */
import { displayWidth } from '../text/plain-text.js';
import type { TextOutput } from '../text/text-output.js';

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
/** Terminals that know it show all that lies between at once; others ignore it. */
const BEGIN_UPDATE = `${ESC}?2026h`;
const END_UPDATE = `${ESC}?2026l`;
const CLEAR_LINE_END = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

/** A block of lines on a terminal. */
export class LiveRegion {
  #widths: readonly number[] = [];
  #hidden = false;

  constructor(private readonly output: TextOutput) {}

  /** Replaces the block. Lines must not be wider than the terminal. */
  draw(lines: readonly string[]): void {
    const cursor = this.#hidden ? '' : HIDE_CURSOR;
    this.#hidden = true;
    this.output.write(
      `${cursor}${BEGIN_UPDATE}${this.#toTop()}${lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}${END_UPDATE}`,
    );
    this.#widths = lines.map(displayWidth);
  }

  /** Writes lines that stay, above the block; the block is gone until it is drawn again. */
  printAbove(text: string): void {
    this.output.write(`${this.#toTop()}${CLEAR_BELOW}${text}`);
    this.#widths = [];
  }

  /** Leaves the block where it is and gives the cursor back. */
  end(): void {
    if (this.#hidden) this.output.write(SHOW_CURSOR);
    this.#hidden = false;
    this.#widths = [];
  }

  /** Moves to the first line of the block. A terminal made narrower since has wrapped its lines. */
  #toTop(): string {
    const { columns, rows } = this.output;
    const height = this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    const up = Math.min(height, rows - 1);
    return up > 0 ? `\r${ESC}${String(up)}A` : '\r';
  }
}
