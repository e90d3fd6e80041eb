/**
 * Limits how many examples a split gets, the same number of every class, so that a slice of a data set that is ordered by
 * class is still a picture of it. The first ones of the source are taken.
 */

/** Counts what splits have got. */
export interface Quota {
  /** Whether a split takes one more example of a class; if so, it is counted. */
  take(split: string, label: number): boolean;
  /** Whether none of some splits takes anything more. */
  areFull(splits: readonly string[]): boolean;
  /** How many more a split would have taken. */
  missing(split: string): number;
}

/**
 * Makes a quota.
 *
 * @param limits - examples by split; a split that is not in it takes all
 * @param classes - number of classes; 1 when there is no label. What does not divide evenly goes to the first classes.
 */
export function makeQuota(limits: Readonly<Record<string, number>>, classes: number): Quota {
  const left = new Map(
    Object.entries(limits).map(([split, limit]) => {
      const each = Math.floor(limit / classes);
      const rest = limit % classes;
      return [split, Array.from({ length: classes }, (_, label) => each + (label < rest ? 1 : 0))] as const;
    }),
  );
  const total = new Map(Object.entries(limits));
  return {
    take: (split, label) => {
      const counts = left.get(split);
      if (counts === undefined) return true;
      const count = counts[label] ?? 0;
      if (count === 0) return false;
      counts[label] = count - 1;
      total.set(split, (total.get(split) ?? 0) - 1);
      return true;
    },
    areFull: (splits) => splits.every((split) => total.get(split) === 0),
    missing: (split) => total.get(split) ?? 0,
  };
}
