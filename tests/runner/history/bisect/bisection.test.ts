import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bisect, type Outcome } from '../../../../runner/history/bisect/bisection.js';

const ENDS = { good: 0.9, bad: 0.4 };

/** Runs a search in which a mixture is bad when a predicate holds; counts the runs. */
async function search(
  changes: readonly string[],
  isBad: (switched: readonly string[]) => boolean,
  fails: (switched: readonly string[]) => boolean = () => false,
  requires: (name: string) => readonly string[] = () => [],
): Promise<{ readonly found: Awaited<ReturnType<typeof bisect>>; readonly runs: number }> {
  let runs = 0;
  const measure = (switched: readonly string[]): Promise<Outcome> => {
    runs++;
    const outcome = fails(switched) ? { failure: 'no' } : { value: isBad(switched) ? 0.45 : 0.88 };
    return Promise.resolve({ run: runs, ...outcome });
  };
  const found = await bisect(changes, ENDS, { measure, requires, told: () => undefined });
  return { found, runs };
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `p${String(index)}`);

describe('bisect', () => {
  test('finds the one change, in as many runs as there are halves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.nat(), async (count, pick) => {
        const changes = names(count);
        const cause = changes[pick % count] ?? '';
        const { found, runs } = await search(changes, (switched) => switched.includes(cause));
        expect(found).toMatchObject({ causes: [cause] });
        expect(runs).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 3);
      }),
    );
  });

  test('finds all that are needed together, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 4, max: 40 })
          .chain((count) =>
            fc.tuple(fc.constant(count), fc.subarray([...names(count)], { minLength: 1, maxLength: 4 })),
          ),
        async ([count, needed]) => {
          const { found, runs } = await search(names(count), (switched) =>
            needed.every((name) => switched.includes(name)),
          );
          expect(found?.causes).toEqual(needed);
          expect(runs).toBeLessThanOrEqual(needed.length * (Math.ceil(Math.log2(count)) + 1) + 2);
        },
      ),
    );
  });

  test('says when the ends are not what they were', async () => {
    expect((await search(names(4), () => false)).found).toMatchObject({ causes: [] });
    expect((await search(names(4), () => true)).found).toMatchObject({ causes: [] });
  });

  test('passes by what fails, and names no more than it must', async () => {
    // p5 does not work without p2, and p3 not without p4.
    const fails = (switched: readonly string[]): boolean =>
      (switched.includes('p5') && !switched.includes('p2')) || (switched.includes('p3') && !switched.includes('p4'));
    const cause =
      (...needed: readonly string[]) =>
      (switched: readonly string[]): boolean =>
        needed.every((name) => switched.includes(name));
    const causes = async (...needed: readonly string[]): Promise<readonly string[] | undefined> =>
      (await search(names(7), cause(...needed), fails)).found?.causes;
    expect(await causes('p6')).toEqual(['p6']);
    expect(await causes('p5')).toEqual(['p2', 'p5']);
    expect(await causes('p3')).toEqual(['p3', 'p4']);
    expect(await causes('p0', 'p3')).toEqual(['p0', 'p3', 'p4']);
    expect((await search(names(3), cause('p1'), ({ length }) => length === 0)).found).toMatchObject({ causes: [] });
  });

  test('tries nothing without what it requires', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...names(9)], { minLength: 1, maxLength: 3 }), async (needed) => {
        // Each of the later ones requires p0 and p1.
        const requires = (name: string): readonly string[] => (Number(name.slice(1)) < 2 ? [] : ['p0', 'p1']);
        const { found } = await search(
          names(9),
          (switched) => needed.every((name) => switched.includes(name)),
          () => false,
          requires,
        );
        for (const { switched } of found?.trials ?? []) {
          for (const name of switched) expect(switched).toEqual(expect.arrayContaining([...requires(name)]));
        }
        const closed = new Set([...needed, ...needed.flatMap(requires)]);
        expect(new Set(found?.proof?.switched)).toEqual(closed);
        expect(closed).toEqual(new Set([...(found?.causes ?? []), ...(found?.causes ?? []).flatMap(requires)]));
      }),
    );
  });

  test('stops when it is told to', async () => {
    const measure = (): Promise<undefined> => Promise.resolve(undefined);
    const tries = { measure, requires: () => [], told: () => undefined };
    expect(await bisect(names(4), ENDS, tries)).toBeUndefined();
  });
});
