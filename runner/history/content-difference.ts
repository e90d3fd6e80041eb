/**
 * What differs between two runs inside their artifacts: facts on data, and what models confuse.
 */
import type { ClassificationResult } from '../../components/evaluator/evaluation.js';
import type { RunContents } from './artifact-contents.js';
import type { Sides } from './run-difference.js';

/** What differs inside artifacts; everything stands under its output, `node.port`. */
export interface ContentDifference {
  readonly data: readonly ({ readonly output: string; readonly fact: string } & Sides<string>)[];
  /** How many examples of a class are taken for another, where that number differs; most changed first. */
  readonly confusions: readonly ({
    readonly output: string;
    readonly label: string;
    readonly predicted: string;
  } & Sides<number>)[];
}

/** Confusions by the names of both classes. */
function confusionsOf(
  evaluation: ClassificationResult | undefined,
): ReadonlyMap<string, { readonly label: string; readonly predicted: string; readonly count: number }> {
  const names = evaluation?.per_class.map(({ name }) => name) ?? [];
  const matrix = evaluation?.confusion_matrix ?? [];
  return new Map(
    matrix.flatMap((row, index) =>
      row.flatMap((count, taken) => {
        const [label = '', predicted = ''] = [names[index], names[taken]];
        return index === taken || count === 0
          ? []
          : [[JSON.stringify([label, predicted]), { label, predicted, count }] as const];
      }),
    ),
  );
}

function keysOf<T>(before: ReadonlyMap<string, T> | undefined, after: ReadonlyMap<string, T> | undefined): string[] {
  return [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])];
}

/** Compares what two runs hold. */
export function contentDifference(before: RunContents, after: RunContents): ContentDifference {
  const data = keysOf(before.data, after.data).flatMap((output) => {
    const [old, now] = [before.data.get(output), after.data.get(output)];
    return keysOf(old, now)
      .map((fact) => ({ output, fact, before: old?.get(fact), after: now?.get(fact) }))
      .filter((sides) => sides.before !== sides.after);
  });
  const shared = [...before.evaluations.keys()].filter((output) => after.evaluations.has(output));
  const confusions = shared.flatMap((output) => {
    const old = confusionsOf(before.evaluations.get(output));
    const now = confusionsOf(after.evaluations.get(output));
    return keysOf(old, now).flatMap((key) => {
      const { label = '', predicted = '' } = old.get(key) ?? now.get(key) ?? {};
      const sides = { before: old.get(key)?.count ?? 0, after: now.get(key)?.count ?? 0 };
      return sides.before === sides.after ? [] : [{ output, label, predicted, ...sides }];
    });
  });
  const change = (sides: { before: number; after: number }): number => Math.abs(sides.after - sides.before);
  return { data, confusions: confusions.sort((a, b) => change(b) - change(a)) };
}
