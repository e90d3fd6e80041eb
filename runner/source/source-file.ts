/**
 * A text that people wrote, and places in it. Offsets count UTF-16 units; lines and columns are found only for showing.
 */

/** A text and the name it is shown under. */
export interface SourceFile {
  /** Path as messages show it. */
  readonly path: string;
  readonly text: string;
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
export function positionAt(file: SourceFile, offset: number): Position {
  const before = file.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: offset - lineStart + 1 };
}

/** A place as `file:line:column`. */
export function placeText(range: SourceRange): string {
  const { line, column } = positionAt(range.file, range.start);
  return `${range.file.path}:${String(line)}:${String(column)}`;
}
