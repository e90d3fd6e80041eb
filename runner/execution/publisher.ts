/**
 * Publishes what steps have made, several steps at a time: their files are made durable and moved into the store together,
 * and their records committed in one transaction. A disk takes for one small step as long as for many, and pages of the
 * database that several write into are written once. Nobody is told of an end that is not on record.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactStore, SealedArtifact, StoredArtifact } from '../../artifacts/store/artifact-store.js';

/** Milliseconds after which what waits is published, whoever else may come. */
const LONGEST_WAIT_MS = 20;

/** As many steps are enough to begin with; while they are published, others gather. */
const ENOUGH = 8;

interface Waiting {
  readonly sealed: readonly SealedArtifact[];
  /** Writes the records, within a transaction; it may have to be called twice. */
  readonly write: (stored: readonly StoredArtifact[]) => void;
  /** Tells that all of it is kept. */
  readonly kept: () => void;
  readonly lost: (error: unknown) => void;
}

/** What is about to be recorded. */
interface Published extends Waiting {
  readonly stored: readonly StoredArtifact[];
}

/** Publishes what the steps of a run have made. */
export class Publisher {
  readonly #artifacts: Pick<ArtifactStore, 'publish'>;
  readonly #metadata: Pick<MetadataStore, 'transaction'>;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #atWork = false;
  /** Somebody waits for what has gathered. */
  #isWanted = false;

  constructor(artifacts: Pick<ArtifactStore, 'publish'>, metadata: Pick<MetadataStore, 'transaction'>) {
    this.#artifacts = artifacts;
    this.#metadata = metadata;
  }

  /**
   * Takes in what a step has made.
   *
   * @param write - writes its records; it is called anew when they could not be kept with others
   * @returns what that returned, when all is kept; rejects with what publishing, writing or committing threw
   */
  add<T>(sealed: readonly SealedArtifact[], write: (stored: readonly StoredArtifact[]) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        sealed,
        write: (stored) => {
          result = write(stored);
        },
        kept: () => {
          resolve(result);
        },
        lost: reject,
      });
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, LONGEST_WAIT_MS);
      if (this.#waiting.length >= ENOUGH) this.flush();
    });
  }

  /** Publishes all that waits, without waiting for more. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isWanted = true;
    if (!this.#atWork) void this.#work();
  }

  async #work(): Promise<void> {
    this.#atWork = true;
    while (this.#goesOn()) {
      this.#isWanted = false;
      const published = await this.#publish(this.#waiting.splice(0));
      // One that cannot be recorded is not to take the others with it.
      if (!this.#commit(published)) for (const each of published) this.#commit([each]);
    }
    this.#atWork = false;
  }

  #goesOn(): boolean {
    return this.#waiting.length >= (this.#isWanted ? 1 : ENOUGH);
  }

  /** Those of which all stands in the store; the others are told. */
  async #publish(waiting: readonly Waiting[]): Promise<readonly Published[]> {
    const results = await this.#artifacts.publish(waiting.flatMap(({ sealed }) => sealed));
    let place = 0;
    const published: Published[] = [];
    for (const each of waiting) {
      const own = results.slice(place, (place += each.sealed.length));
      const stored = own.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const failed = own.find((result) => result.status === 'rejected');
      if (failed === undefined) published.push({ ...each, stored });
      else {
        for (const sealed of each.sealed) await sealed.discard().catch(() => undefined);
        each.lost(failed.reason);
      }
    }
    return published;
  }

  /** @returns false when several could not be kept together, and nobody was told yet */
  #commit(published: readonly Published[]): boolean {
    if (published.length === 0) return true;
    try {
      this.#metadata.transaction(() => {
        for (const { write, stored } of published) write(stored);
      });
    } catch (error) {
      const [only, ...others] = published;
      if (others.length > 0) return false;
      only?.lost(error);
      return true;
    }
    for (const { kept } of published) kept();
    return true;
  }
}
