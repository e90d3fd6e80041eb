import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bisect } from '../../../../runner/history/bisect/bisection.js';

const ENDS = { good: 0.9, bad: 0.4 };

/** Runs a search in which a mixture is bad when a predicate holds; counts the runs. */
async function search(
  changes: readonly string[],
  isBad: (switched: readonly string[]) => boolean,
): Promise<{ readonly found: Awaited<ReturnType<typeof bisect>>; readonly runs: number }> {
  let runs = 0;
  const found = await bisect(changes, ENDS, (switched) => {
    runs++;
    return Promise.resolve({ run: runs, value: isBad(switched) ? 0.45 : 0.88 });
  });
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

  test('stops when it is told to', async () => {
    expect(await bisect(names(4), ENDS, () => Promise.resolve(undefined))).toBeUndefined();
  });
});
