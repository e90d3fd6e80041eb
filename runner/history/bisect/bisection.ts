/**
 * Which of several changes moved a metric: halves them until one is left, and again for those that it needs beside it. It
 * knows names of changes and asks for values; how a mixture is run is the caller's business.
 */

/** What a mixture gave: a value of the metric, or why it gave none. Without a run it could not even be begun. */
export type Outcome =
  | { readonly run: number; readonly value: number; readonly failure?: undefined }
  | { readonly run: number | undefined; readonly value?: undefined; readonly failure: string };

/** A mixture that was tried: all as in the good run but for these changes. */
export type Trial = Outcome & {
  readonly switched: readonly string[];
  /** The value is nearer to that of the bad run; undefined where there is none. */
  readonly isBad: boolean | undefined;
};

/** What was found. */
export interface Bisection {
  /** In the order in which they were run. */
  readonly trials: readonly Trial[];
  /**
   * The changes that together moved the metric, with those that they require. None of them can be left out, unless what is
   * without it failed. Empty when all changes together do not move the metric.
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

/** How mixtures are tried. */
export interface Tries {
  /** Runs the good configuration with these changes; answers undefined when the search is to stop. */
  readonly measure: (switched: readonly string[]) => Promise<Outcome | undefined>;
  /** All changes without which one cannot be tried. */
  readonly requires: (name: string) => readonly string[];
  /** Is told of every trial. */
  readonly told: (trial: Trial) => void;
}

/** Whole numbers between two others, those nearest to their middle first. */
function fromTheMiddle(low: number, high: number): readonly number[] {
  const middle = Math.floor((low + high) / 2);
  return Array.from({ length: high - low - 1 }, (_, index) => low + 1 + index).sort(
    (a, b) => Math.abs(a - middle) - Math.abs(b - middle),
  );
}

/**
 * Finds the changes. Needs about log₂ of their number and three runs for one that does it alone, and as many for each
 * further one that it needs. A mixture that fails tells nothing; another one is tried in its place.
 *
 * @param changes - names, in an order in which they are switched one after another; each after those that it requires
 * @returns undefined when it was stopped
 */
export async function bisect(
  changes: readonly string[],
  { good, bad }: Ends,
  { measure, requires, told }: Tries,
): Promise<Bisection | undefined> {
  const trials: Trial[] = [];
  const attempt = async (names: readonly string[]): Promise<Trial | undefined> => {
    const wanted = new Set(names.flatMap((name) => [name, ...requires(name)]));
    const switched = changes.filter((name) => wanted.has(name));
    const known = trials.find((trial) => JSON.stringify(trial.switched) === JSON.stringify(switched));
    if (known !== undefined) return known;
    const outcome = await measure(switched);
    if (outcome === undefined) return undefined;
    const { value } = outcome;
    const isBad = value === undefined ? undefined : Math.abs(value - bad) < Math.abs(value - good);
    const trial = { switched, ...outcome, isBad };
    trials.push(trial);
    told(trial);
    return trial;
  };
  const [none, all] = [await attempt([]), await attempt(changes)];
  if (none === undefined || all === undefined) return undefined;
  if (none.isBad !== false || all.isBad !== true) return { trials, causes: [], proof: undefined };
  let causes: readonly string[] = [];
  let proof = all;
  // With the causes, the first `left` changes are always bad.
  for (let left = changes.length; left > 0;) {
    let [low, high] = [0, left];
    for (let tried = fromTheMiddle(low, high); tried.length > 0;) {
      const [middle = 0, ...others] = tried;
      const trial = await attempt([...changes.slice(0, middle), ...causes]);
      if (trial === undefined) return undefined;
      if (trial.isBad === true) high = middle;
      else if (trial.isBad === false) low = middle;
      tried = trial.isBad === undefined ? others : fromTheMiddle(low, high);
    }
    // One, unless all that is between failed.
    causes = [...changes.slice(low, high), ...causes];
    const trial = await attempt(causes);
    if (trial === undefined) return undefined;
    proof = trial;
    left = trial.isBad === true ? 0 : low;
  }
  // What came along since all without it failed may be left out now.
  for (const name of trials.some(({ isBad }) => isBad === undefined) ? causes : []) {
    const others = causes.filter((other) => other !== name);
    const trial = await attempt(others);
    if (trial === undefined) return undefined;
    if (trial.isBad === true) [causes, proof] = [others, trial];
  }
  return { trials, causes, proof };
}
