/**
 * A diagnostic as plain data for programs: places as numbers, texts left out.
 */
import type { Diagnostic } from './diagnostic.js';
import { positionAt, type SourceRange } from './source-file.js';

/** A stretch of a file; lines and columns count from 1, the end is exclusive. */
export interface DiagnosticPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One thing that is wrong with a pipeline. */
export interface DiagnosticData {
  /** Stable, kebab-case: `unknown-node`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What is wrong, and why. */
  readonly message: string;
  /** Left out only where there is no text: a missing file. */
  readonly place?: DiagnosticPlace;
  /** Other places that belong to it. */
  readonly related?: readonly { readonly message: string; readonly place: DiagnosticPlace }[];
  /** What to do about it. */
  readonly hint?: string;
}

/** A stretch of a file as numbers. */
export function placeData(range: SourceRange): DiagnosticPlace {
  const start = positionAt(range.file, range.start);
  const end = positionAt(range.file, range.end);
  return { file: range.file.path, ...start, endLine: end.line, endColumn: end.column };
}

/** A diagnostic without its text. */
export function diagnosticData({ code, severity, message, range, related, hint }: Diagnostic): DiagnosticData {
  return {
    code,
    severity,
    message,
    ...(range === undefined ? {} : { place: placeData(range) }),
    ...(related.length === 0
      ? {}
      : { related: related.map((other) => ({ message: other.message, place: placeData(other.range) })) }),
    ...(hint === undefined ? {} : { hint }),
  };
}
