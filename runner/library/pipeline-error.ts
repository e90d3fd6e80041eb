/**
 * What a program gets when it asked for something that cannot be done.
 */
import type { DiagnosticData } from '../source/diagnostic-data.js';

/** Input that cannot be worked with. What the store refuses is a `StoreError`; anything else is a defect. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  /**
   * @param code - stable and short, kebab-case: `invalid-pipeline`, `unknown-node`, `nothing-selected`, `no-store`
   * @param hint - what to do about it
   * @param diagnostics - for `invalid-pipeline`: all that is wrong with the file, by place; else empty
   */
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
    readonly diagnostics: readonly DiagnosticData[] = [],
  ) {
    super(message);
  }
}
