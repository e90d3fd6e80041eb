/**
 * One execution on its way into the records. One that takes long is to be seen by others while it goes on; one that is over
 * at once is recorded when it has ended, as a whole.
 */
import type {
  BoundArtifact,
  Breakdown,
  Completion,
  MetadataStore,
  NewExecution,
} from '../../artifacts/metadata/metadata-store.js';
import type { Publisher } from './publisher.js';
import type { SealedOutput } from './run-step.js';

/** Milliseconds after which an execution counts as one that takes long. */
const SOON_MS = 50;

/** One execution, as far as it is on record. */
export class RecordedExecution {
  readonly #metadata: MetadataStore;
  readonly #execution: NewExecution;
  /** Its number, once it is on record. */
  #id: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(metadata: MetadataStore, execution: NewExecution) {
    this.#metadata = metadata;
    this.#execution = execution;
  }

  /** Records that it has begun. @throws what writing throws */
  begin(): void {
    this.#id ??= this.#metadata.beginExecution(this.#execution);
  }

  /** Records that it has begun, unless it ends before long. */
  beginSoon(): void {
    this.#timer = setTimeout(() => {
      try {
        this.begin();
      } catch {
        // It is tried again at the end, where the step can fail of it.
      }
    }, SOON_MS);
  }

  /**
   * Records that it has finished well, together with others, when what it made stands in the store.
   *
   * @returns its artifacts, when all is kept
   */
  complete(
    publisher: Publisher,
    sealed: readonly SealedOutput[],
    completion: Omit<Completion, 'outputs'>,
  ): Promise<readonly BoundArtifact[]> {
    clearTimeout(this.#timer);
    const folders = sealed.map(({ artifact }) => artifact);
    return publisher.add(folders, (stored) => {
      const outputs = sealed.flatMap(({ port, index, type, properties }, place) => {
        const artifact = stored[place];
        if (artifact === undefined) return [];
        const { digest, bytes, files, witness } = artifact;
        return [{ port, index, type, properties, digest, bytes, files, witness }];
      });
      return this.#record({ ...completion, outputs });
    });
  }

  #record(completion: Completion): readonly BoundArtifact[] {
    return this.#id === undefined
      ? this.#metadata.recordCompleted(this.#execution, completion).made
      : this.#metadata.completeExecution(this.#id, completion);
  }

  /** Records that it has failed or was stopped. @throws what writing throws */
  fail(breakdown: Breakdown): void {
    clearTimeout(this.#timer);
    this.#metadata.transaction(() => {
      const id = this.#id ?? this.#metadata.beginExecution(this.#execution);
      this.#metadata.failExecution(id, breakdown);
    });
  }
}
