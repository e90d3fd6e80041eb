/**
 * Which of several changes moved a metric: halves them until one is left. It knows names of changes and asks for values;
 * how a mixture is run is the caller's business.
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
  /** The change that moved the metric; undefined when these changes together do not. */
  readonly cause: string | undefined;
  /** The trial with only that change; it is bad unless the change needs others beside it. */
  readonly alone: Trial | undefined;
}

/** Both ends. */
export interface Ends {
  readonly good: number;
  readonly bad: number;
}

/**
 * Finds the change. Needs about log₂ of their number and three runs.
 *
 * @param changes - names, in an order in which they are switched one after another
 * @param measure - runs the good configuration with these changes; answers undefined when the search is to stop
 */
export async function bisect(
  changes: readonly string[],
  { good, bad }: Ends,
  measure: (switched: readonly string[]) => Promise<{ readonly run: number; readonly value: number } | undefined>,
): Promise<Bisection | undefined> {
  const trials: Trial[] = [];
  const attempt = async (switched: readonly string[]): Promise<Trial | undefined> => {
    const known = trials.find((trial) => trial.switched.join(' ') === switched.join(' '));
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
  if (none.isBad || !all.isBad) return { trials, cause: undefined, alone: undefined };
  let [low, high] = [0, changes.length];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const trial = await attempt(changes.slice(0, middle));
    if (trial === undefined) return undefined;
    if (trial.isBad) high = middle;
    else low = middle;
  }
  const cause = changes[low] as string;
  const alone = await attempt([cause]);
  return alone === undefined ? undefined : { trials, cause, alone };
}
