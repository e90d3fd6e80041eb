/**
 * What is wrong with an input, as data: how it is drawn is rendering's business, what becomes of it the caller's.
 */
import type { DiagnosticCode } from './diagnostic-codes.js';
import type { SourceRange } from './source-file.js';

/** Another place that belongs to a diagnostic, with what to say there. */
export interface RelatedPlace {
  readonly message: string;
  readonly range: SourceRange;
}

/** One thing that is wrong with an input. */
export interface Diagnostic {
  /** Stable, kebab-case; every code has a golden test. */
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** What is wrong, and why. */
  readonly message: string;
  /** Undefined only where there is no text: a missing file, a command-line option. */
  readonly range: SourceRange | undefined;
  readonly related: readonly RelatedPlace[];
  /** What to do about it. */
  readonly hint: string | undefined;
}

/** An outcome that may have been spoiled by bad input. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };
