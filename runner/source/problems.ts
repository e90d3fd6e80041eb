/**
 * Collects diagnostics, so that all that is wrong with an input is said at once.
 */
import type { Diagnostic, RelatedPlace } from './diagnostic.js';
import type { DiagnosticCode } from './diagnostic-codes.js';
import type { SourceRange } from './source-file.js';

/** Where the file of a place was included, from the inside out. */
function inclusions(range: SourceRange | undefined): readonly RelatedPlace[] {
  const at = range?.file.includedAt;
  return at === undefined ? [] : [{ message: 'included here', range: at }, ...inclusions(at)];
}

const depth = (range: SourceRange | undefined): number => inclusions(range).length;

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

  /** All diagnostics, by place; those of fragments after those of what includes them, with where that is. */
  sorted(): readonly Diagnostic[] {
    return this.#found
      .map((each) => ({ ...each, related: [...each.related, ...inclusions(each.range)] }))
      .toSorted(
        (a, b) =>
          depth(a.range) - depth(b.range) ||
          (depth(a.range) === 0 ? 0 : (a.range?.file.path ?? '').localeCompare(b.range?.file.path ?? '', 'en')) ||
          (a.range?.start ?? -1) - (b.range?.start ?? -1),
      );
  }
}
