/**
 * A stream that text is written to, as reporters and commands see it.
 */

/** Writing never throws, and goes nowhere once the reader has gone. */
export interface TextOutput {
  write(text: string): void;
  /** Its reader is so far behind that more would fill the memory; what can be left out is left out now. */
  readonly isBehind: boolean;
  /** A terminal whose cursor can be moved. */
  readonly isTTY: boolean;
  /** Width and height of the terminal; 80 × 24 where there is none. They change when the window does. */
  readonly columns: number;
  readonly rows: number;
  /** Whether colours are wanted: a terminal, and no NO_COLOR; or FORCE_COLOR. */
  readonly colors: boolean;
  /** Calls back when the size has changed; returns what ends it. */
  onResize(handler: () => void): () => void;
}
