/**
 * Names of the classes, and which index a label in the data means.
 */
import { StepError } from '../../executor.js';
import { MAX_CLASSES } from '../../formats/examples/parse-examples-info.js';

/** Names by index: `0`, `1`, …. */
export function numberedClasses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

/**
 * Names for labels that are indices already.
 *
 * @param largest - the largest label of the data
 * @param given - names that the params give
 * @param where - the largest label comes from there
 * @throws StepError `label-unknown` when there are fewer names than labels
 */
export function classesUpTo(largest: number, given: readonly string[] | undefined, where: string): readonly string[] {
  if (given === undefined) {
    if (largest < MAX_CLASSES) return numberedClasses(largest + 1);
    throw new StepError(
      'label-unknown',
      `${where}: the label ${String(largest)} is too large for the index of a class`,
    );
  }
  if (largest < given.length) return given;
  throw new StepError(
    'label-unknown',
    `${where}: there is a label ${String(largest)}, but names for ${String(given.length)} classes only`,
    "name every class in 'classes'",
  );
}

/** Classes whose labels are texts in the data. */
export interface NamedClasses {
  readonly names: readonly string[];
  /** Index of a label; undefined for one that is none of them. */
  indexOf(label: string): number | undefined;
}

const byNumber = (a: string, b: string): number => Number(a) - Number(b);
const isIndex = (label: string): boolean => /^(0|[1-9]\d{0,8})$/u.test(label);

/**
 * Names for labels that are texts. Without given names they are the labels themselves, in the order of their code units, or
 * by number when all are. With given names, a label is a name, or an index when all labels are indices and none is a name.
 *
 * @param seen - all labels of the data
 * @throws StepError `label-unknown` when a label is none of the given classes
 */
export function namedClasses(
  seen: ReadonlySet<string>,
  given: readonly string[] | undefined,
  where: string,
): NamedClasses {
  const labels = [...seen];
  if (given === undefined) {
    const names = labels.every(isIndex) ? labels.sort(byNumber) : labels.sort();
    return withNames(names, names);
  }
  const isName = new Set(given);
  if (labels.every((label) => isName.has(label))) return withNames(given, given);
  if (labels.every((label) => isIndex(label) && Number(label) < given.length && !isName.has(label))) {
    return withNames(given, numberedClasses(given.length));
  }
  const unknown = labels.find((label) => !isName.has(label)) ?? '';
  throw new StepError(
    'label-unknown',
    `${where}: the label ${JSON.stringify(unknown.slice(0, 80))} is none of the classes`,
    `'classes' names: ${given.slice(0, 20).join(', ')}`,
  );
}

function withNames(names: readonly string[], labels: readonly string[]): NamedClasses {
  const indices = new Map(labels.map((label, index) => [label, index]));
  return { names, indexOf: (label) => indices.get(label) };
}

/** Collects labels. @throws StepError `label-unknown` when there are too many to be classes */
export function labelCollector(where: string): { add(label: string): void; readonly seen: ReadonlySet<string> } {
  const seen = new Set<string>();
  return {
    seen,
    add: (label) => {
      seen.add(label);
      if (seen.size <= MAX_CLASSES) return;
      throw new StepError(
        'label-unknown',
        `${where}: the label has more than ${String(MAX_CLASSES)} different values: these are no classes`,
        'a number to be predicted is a feature, not a label',
      );
    },
  };
}
