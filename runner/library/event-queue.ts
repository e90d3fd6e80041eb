/**
 * Events between who makes them, and never waits, and who reads them one after the other.
 */

/** A queue with one reader. */
export class EventQueue<T> {
  #events: T[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  /** Adds an event. */
  add(event: T): void {
    this.#events.push(event);
    this.#wake();
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** All events, as they come, until the end. */
  async *read(): AsyncGenerator<T, void> {
    for (;;) {
      const events = this.#events;
      this.#events = [];
      yield* events;
      if (this.#events.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}
