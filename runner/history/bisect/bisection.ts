/**
 * Which of several changes moved a metric: halves them until one is left, and again for those that it needs beside it. It
 * knows names of changes and asks for values; how a mixture is run is the caller's business.
 */

/** A mixture that was tried: all as in the good run but for these changes. */
export interface Trial {
  readonly switched: readonly string[];
  /** Number of the run that it was. */
  readonly run: number;
  readonly value: number;
  /** The value is nearer to that of the bad run. */
  readonly isBad: boolean;
}

/** What was found. */
export interface Bisection {
  /** In the order in which they were run. */
  readonly trials: readonly Trial[];
  /**
   * The changes that together moved the metric, with those that they require; none of them can be left out. Empty when all
   * changes together do not move it.
   */
  readonly causes: readonly string[];
  /** The trial with just these. */
  readonly proof: Trial | undefined;
}

/** Both ends. */
export interface Ends {
  readonly good: number;
  readonly bad: number;
}

/**
 * Finds the changes. Needs about log₂ of their number and three runs for one that does it alone, and as many for each
 * further one that it needs.
 *
 * @param changes - names, in an order in which they are switched one after another; each after those that it requires
 * @param measure - runs the good configuration with these changes; answers undefined when the search is to stop
 * @param requires - all changes without which one cannot be tried
 */
export async function bisect(
  changes: readonly string[],
  { good, bad }: Ends,
  measure: (switched: readonly string[]) => Promise<{ readonly run: number; readonly value: number } | undefined>,
  requires: (name: string) => readonly string[] = () => [],
): Promise<Bisection | undefined> {
  const trials: Trial[] = [];
  const attempt = async (names: readonly string[]): Promise<Trial | undefined> => {
    const wanted = new Set(names.flatMap((name) => [name, ...requires(name)]));
    const switched = changes.filter((name) => wanted.has(name));
    const known = trials.find((trial) => JSON.stringify(trial.switched) === JSON.stringify(switched));
    if (known !== undefined) return known;
    const measured = await measure(switched);
    if (measured === undefined) return undefined;
    const { run, value } = measured;
    const trial = { switched, run, value, isBad: Math.abs(value - bad) < Math.abs(value - good) };
    trials.push(trial);
    return trial;
  };
  const [none, all] = [await attempt([]), await attempt(changes)];
  if (none === undefined || all === undefined) return undefined;
  if (none.isBad || !all.isBad) return { trials, causes: [], proof: undefined };
  const causes: string[] = [];
  let proof = all;
  // With the causes, the first `left` changes are always bad.
  for (let left = changes.length; left > 0;) {
    let [low, high] = [0, left];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const trial = await attempt([...changes.slice(0, middle), ...causes]);
      if (trial === undefined) return undefined;
      if (trial.isBad) high = middle;
      else low = middle;
    }
    causes.unshift(changes[low] as string);
    const trial = await attempt(causes);
    if (trial === undefined) return undefined;
    proof = trial;
    left = trial.isBad ? 0 : low;
  }
  return { trials, causes, proof };
}
