/**
 * The texts of a column that get an index.
 */

/** Which texts are kept. */
export interface VocabularyOptions {
  /** Only the most frequent; among equals, the first in the order of their characters. */
  readonly maxTokens: number | undefined;
  readonly minCount: number;
}

const byCharacters = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Chooses the texts that get an index, in the order of their UTF-16 code units: an index does not change when only
 * frequencies do.
 */
export function vocabularyOf(texts: readonly string[], { maxTokens, minCount }: VocabularyOptions): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= minCount);
  frequent.sort(([a, countA], [b, countB]) => countB - countA || byCharacters(a, b));
  return frequent
    .slice(0, maxTokens)
    .map(([text]) => text)
    .sort(byCharacters);
}
