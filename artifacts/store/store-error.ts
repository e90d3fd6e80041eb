/**
 * Expected failures of the store and of reading files: what the system said, in words that say what to do.
 */

import { errorMessage, systemErrorCode } from '../system-error.js';

/** An expected failure with a stable code. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }

  /** Turns an error of the operating system into one that says what to do; passes others on as they are. */
  static from(error: unknown, doing: string): unknown {
    if (error instanceof StoreError) return error;
    const code = systemErrorCode(error);
    switch (code) {
      case undefined:
        return error;
      case 'ENOENT':
        return new StoreError('missing', `${doing}: there is no such file or folder`);
      case 'EACCES':
      case 'EPERM':
        return new StoreError('no-permission', `${doing}: permission denied`, 'check the owner and the rights');
      case 'EROFS':
        return new StoreError(
          'read-only',
          `${doing}: the file system is read-only`,
          'choose another folder with --root',
        );
      case 'ENOSPC':
      case 'EDQUOT':
        return new StoreError(
          'disk-full',
          `${doing}: no space is left on the disk`,
          'free some space, then run the same command again',
        );
      default:
        return new StoreError('io', `${doing}: ${errorMessage(error)}`);
    }
  }
}
