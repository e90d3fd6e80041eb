/**
 * A place for objects that several machines share: names, and bytes that are there whole or not at all. What the bytes mean
 * is the remote store's business.
 */
import type { Readable } from 'node:stream';
import type { Digest } from '../store/artifact-store.js';

/** Objects by name; a name is one or two words of `a-z0-9.`, with a `/` between them. */
export interface RemoteObjects {
  /** As it is told to people: a path, `s3://bucket/prefix`. */
  readonly address: string;
  readonly has: (name: string) => Promise<boolean>;
  /** The bytes of an object; undefined when there is none. What goes wrong while they are read is an error of the stream. */
  readonly read: (name: string) => Promise<Readable | undefined>;
  /**
   * Puts the content of a local file there, over what was there before.
   *
   * @param sha256 - of the content, for a service that compares it with what arrives
   */
  readonly write: (name: string, file: string, sha256: Digest) => Promise<void>;
}
