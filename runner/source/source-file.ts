/**
 * A text that people wrote, and places in it. Offsets count UTF-16 units; lines and columns are found only for showing.
 */

/** A text and the name it is shown under. */
export class SourceFile {
  #lineStarts: readonly number[] | undefined;

  /**
   * @param path - as messages show it
   * @param includedAt - for a fragment: what includes it
   */
  constructor(
    readonly path: string,
    readonly text: string,
    readonly includedAt?: SourceRange,
  ) {}

  /** Offsets at which lines begin; found when a place is first asked for. */
  get lineStarts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

/** A stretch of a source file. */
export interface SourceRange {
  readonly file: SourceFile;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A place as people read it, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Line and column of an offset. */
export function positionAt({ lineStarts }: SourceFile, offset: number): Position {
  let line = 0;
  let after = lineStarts.length;
  while (after - line > 1) {
    const middle = (line + after) >>> 1;
    if ((lineStarts[middle] ?? Infinity) <= offset) line = middle;
    else after = middle;
  }
  return { line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 };
}

/** A place as `file:line:column`. */
export function placeText(range: SourceRange): string {
  const { line, column } = positionAt(range.file, range.start);
  return `${range.file.path}:${String(line)}:${String(column)}`;
}
