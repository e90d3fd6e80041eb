/**
 * A store of words that keeps what is written within a transaction as a whole or not at all, and can be made to break.
 */

/** What is written, and how. */
export interface Journal {
  /** What is kept. */
  readonly written: readonly string[];
  /** Transactions that were kept. */
  readonly commits: () => number;
  readonly transaction: <T>(work: () => T) => T;
  readonly write: (word: string) => void;
  /** Makes the write after so many others fail, once. */
  readonly breakNext: (after: number) => void;
}

/** An empty journal. */
export function journal(): Journal {
  const written: string[] = [];
  let commits = 0;
  let toBreak = Number.POSITIVE_INFINITY;
  return {
    written,
    commits: () => commits,
    transaction: (work) => {
      const before = written.length;
      try {
        const result = work();
        commits++;
        return result;
      } catch (error) {
        written.length = before;
        throw error;
      }
    },
    write: (word) => {
      toBreak--;
      if (toBreak === 0) throw new Error('disk full');
      written.push(word);
    },
    breakNext: (after) => {
      toBreak = after;
    },
  };
}
