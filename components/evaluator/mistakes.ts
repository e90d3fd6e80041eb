/**
 * Keeps the worst mistakes: those that a model is surest of, or that are farthest off.
 */
import type { Mistake } from './evaluation.js';

/** The worst first; among equals, the first in the split. */
function worstFirst(a: Mistake, b: Mistake): number {
  return b.weight - a.weight || a.row - b.row;
}

/** Gathers mistakes in bounded memory. */
export function worstMistakes(limit: number): { add(mistake: Mistake): void; worst(): readonly Mistake[] } {
  let kept: Mistake[] = [];
  const cut = (): void => {
    kept = kept.sort(worstFirst).slice(0, limit);
  };
  return {
    add: (mistake) => {
      kept.push(mistake);
      if (kept.length >= 1024 + limit) cut();
    },
    worst: () => {
      cut();
      return kept;
    },
  };
}
