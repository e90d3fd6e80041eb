/**
 * Which splits come out of which inputs. An input that comes under a name is a split, and is kept as it is unless it is
 * divided; an input without a name is always divided.
 */
import { isSplitName, SPLIT_NAME_RULE } from '../formats/examples/parse-examples-info.js';

/** Shares by split: `{train: 8, eval: 2}`. */
export type Shares = Readonly<Record<string, number>>;

/** What is divided how: one set of shares for the only input, or sets by input. */
export type SplitParam = Readonly<Record<string, number | Shares>>;

/** What TFX does with an input that is not split yet. */
const DEFAULT_SHARES: Shares = { train: 2, eval: 1 };

/** One input with what becomes of it. */
export interface PlannedInput {
  /** Its name; undefined for an input without one. */
  readonly name: string | undefined;
  /** The splits it is divided into with the shares of each, larger shares first, equal ones by name. */
  readonly shares: readonly (readonly [split: string, share: number])[];
}

/** A fault of the plan, at a place below the param `split`. */
export interface PlanFault {
  readonly at: readonly string[];
  readonly message: string;
  readonly hint?: string;
}

/** Inputs with their splits, and what is wrong with them; with faults the plan is of no use. */
export interface SplitPlan {
  readonly inputs: readonly PlannedInput[];
  /** All splits that come out, by name. */
  readonly splits: readonly string[];
  readonly faults: readonly PlanFault[];
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of the mapping's keys must not count: the fingerprint does not see it. */
function ordered(shares: Shares): PlannedInput['shares'] {
  return Object.entries(shares).sort(([a, shareOfA], [b, shareOfB]) => shareOfB - shareOfA || byCodeUnits(a, b));
}

function isShares(split: SplitParam): split is Shares {
  return Object.values(split).every((value) => typeof value === 'number');
}

function isBySplit(split: SplitParam): split is Readonly<Record<string, Shares>> {
  return Object.values(split).every((value) => typeof value !== 'number');
}

/** Shares by input name, from whichever way they were written. */
function sharesByInput(
  names: readonly (string | undefined)[],
  split: SplitParam | undefined,
  fault: (at: readonly string[], message: string, hint?: string) => void,
): ReadonlyMap<string | undefined, Shares> {
  const [only] = names;
  const isUnnamed = names.length === 1 && only === undefined;
  if (split === undefined) return new Map(isUnnamed ? [[undefined, DEFAULT_SHARES]] : []);
  const known = names.filter((name) => name !== undefined).join(', ');
  if (Object.keys(split).length === 0) {
    fault([], 'no split is named', 'for example {train: 8, eval: 2}');
  } else if (isShares(split)) {
    if (names.length === 1) return new Map([[only, split]]);
    fault([], `there are several inputs: ${known}`, `say which one is divided: {${only ?? ''}: {train: 8, eval: 2}}`);
  } else if (!isBySplit(split)) {
    fault([], 'shares and inputs are mixed', 'write {train: 8, eval: 2}, or {input: {train: 8, eval: 2}}');
  } else if (isUnnamed) {
    fault([], 'the only input has no name', 'write the shares alone: {train: 8, eval: 2}');
  } else {
    const unknown = Object.keys(split).filter((name) => !names.includes(name));
    for (const name of unknown) fault([name], `there is no input '${name}'`, `there are: ${known}`);
    for (const [name, shares] of Object.entries(split)) {
      if (Object.keys(shares).length === 0) fault([name], 'no split is named', 'for example {train: 8, eval: 2}');
    }
    return new Map(Object.entries(split));
  }
  return new Map();
}

/**
 * Plans the splits.
 *
 * @param names - of the inputs; a single `undefined` for one input without a name
 * @param split - the param
 */
export function planSplits(names: readonly (string | undefined)[], split: SplitParam | undefined): SplitPlan {
  const faults: PlanFault[] = [];
  const shares = sharesByInput(names, split, (at, message, hint) => {
    faults.push({ at, message, ...(hint === undefined ? {} : { hint }) });
  });
  const inputs = [...names]
    .sort((a, b) => byCodeUnits(a ?? '', b ?? ''))
    .map((name) => ({ name, shares: ordered(shares.get(name) ?? { [name ?? 'train']: 1 }) }));
  const splits = inputs.flatMap((input) => input.shares.map(([splitName]) => splitName)).sort(byCodeUnits);
  splits.forEach((name, index) => {
    if (!isSplitName(name)) {
      faults.push({ at: [], message: `${JSON.stringify(name)} cannot name a split`, hint: SPLIT_NAME_RULE });
    }
    const twin = splits.slice(0, index).find((other) => other.toLowerCase() === name.toLowerCase());
    if (twin !== undefined) {
      faults.push({
        at: [],
        message: `two splits would have the name '${name}'`,
        hint: 'name one of them differently',
      });
    }
  });
  return { inputs, splits, faults };
}
