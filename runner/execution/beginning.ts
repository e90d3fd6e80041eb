/**
 * The record that an execution has begun. One that takes long is to be seen by others while it goes on; one that is over at
 * once is recorded with its end, in one transaction rather than two.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';

/** Milliseconds after which an execution counts as one that takes long. */
const SOON_MS = 50;

/** Records the beginning of one execution, once. */
export class Beginning {
  readonly #write: () => number;
  #id: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param write - records it; returns the number of the execution */
  constructor(write: () => number) {
    this.#write = write;
  }

  /** Records it unless that is done; returns the number of the execution. @throws what writing throws */
  record(): number {
    clearTimeout(this.#timer);
    this.#id ??= this.#write();
    return this.#id;
  }

  /**
   * Records an end, in one transaction with the beginning where that is not recorded yet.
   *
   * @throws what writing throws
   */
  end<T>(metadata: MetadataStore, write: (execution: number) => T): T {
    const recorded = this.#id;
    try {
      return metadata.transaction(() => write(this.record()));
    } catch (error) {
      this.#id = recorded;
      throw error;
    }
  }

  /** Records it when a while has passed in which nobody else did. */
  recordSoon(): void {
    this.#timer = setTimeout(() => {
      try {
        this.record();
      } catch {
        // It is tried again at the end, where the step can fail of it.
      }
    }, SOON_MS);
  }
}
