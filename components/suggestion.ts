/**
 * "Did you mean": the closest of some known names to one that is not known.
 */

/** Damerau-Levenshtein distance (optimal string alignment), in edits. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/**
 * The known name that `name` was most likely meant to be.
 *
 * @param name - what was written; only its first 64 characters count
 * @param known - the names that would have been accepted
 * @returns the closest one within a third of its length, the first in order among equals; undefined when none is close
 */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  const written = name.slice(0, 64).toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(written, candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(candidate.length, written.length) / 3));
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
