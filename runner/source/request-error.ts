/**
 * What was asked for cannot be done as it was asked for.
 */

/** A request that cannot be met as it stands, other than for a pipeline file; exit status 2. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /**
   * @param code - stable and short, kebab-case: `no-run`
   * @param hint - what to type instead
   */
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}
