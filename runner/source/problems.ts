/**
 * Collects diagnostics, so that all that is wrong with an input is said at once.
 */
import type { Diagnostic, RelatedPlace } from './diagnostic.js';
import type { DiagnosticCode } from './diagnostic-codes.js';
import type { SourceRange } from './source-file.js';

/** A growing list of diagnostics. */
export class Problems {
  readonly #found: Diagnostic[] = [];
  readonly #said = new Set<string>();

  /** Adds an error. */
  add(
    code: DiagnosticCode,
    message: string,
    range: SourceRange | undefined,
    more: { readonly hint?: string | undefined; readonly related?: readonly RelatedPlace[] } = {},
  ): void {
    // Instances of one node have their faults in common.
    const key = `${code} ${message} ${range?.file.path ?? ''} ${String(range?.start)}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#found.push({ code, severity: 'error', message, range, related: more.related ?? [], hint: more.hint });
  }

  addAll(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.#found.push(diagnostic);
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** All diagnostics, by place. */
  sorted(): readonly Diagnostic[] {
    return this.#found.toSorted((a, b) => (a.range?.start ?? -1) - (b.range?.start ?? -1));
  }
}
