/**
 * Reading errors of the operating system. They are told by their code, not by their class: errors of another realm are
 * no instances of this one's Error.
 */

/** The code of a system error, such as `ENOENT`; undefined for anything else. Our own codes are in lower case. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[A-Z]/u.test(error.code) ? error.code : undefined;
}

/** What an error says. */
export function errorMessage(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return error.message;
  }
  return String(error);
}
