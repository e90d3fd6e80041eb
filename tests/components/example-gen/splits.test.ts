import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classesUpTo, namedClasses } from '../../../components/example-gen/sources/class-names.js';
import { mapOrdered } from '../../../components/example-gen/sources/ordered.js';
import { partition } from '../../../components/example-gen/partition.js';
import { makeQuota } from '../../../components/example-gen/quota.js';
import { planSplits, type SplitParam } from '../../../components/example-gen/split-plan.js';

const examples = Array.from({ length: 12 }, (_, index) => Buffer.from(`example ${String(index)}`));

describe('partition', () => {
  // bisect([2, 3], int(sha256(example).hexdigest(), 16) % 3) in Python, as TFX does it.
  test('puts every example where TFX puts it', () => {
    const two = partition([
      ['train', 2],
      ['eval', 1],
    ]);
    expect(examples.map((example) => (two(example) === 'train' ? 0 : 1))).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1]);
    const three = partition([
      ['a', 7],
      ['b', 2],
      ['c', 1],
    ]);
    expect(examples.map((example) => 'abc'.indexOf(three(example)))).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  });

  test('comes near its shares', () => {
    const splitOf = partition([
      ['train', 8],
      ['eval', 2],
    ]);
    const train = Array.from({ length: 5000 }, (_, index) => splitOf(Buffer.from(String(index))));
    expect(train.filter((split) => split === 'train').length).toBeGreaterThan(3900);
    expect(train.filter((split) => split === 'train').length).toBeLessThan(4100);
  });
});

describe('the plan of the splits', () => {
  const plan = (names: readonly (string | undefined)[], split?: SplitParam): unknown => {
    const { inputs, splits, faults } = planSplits(names, split);
    return faults.length > 0 ? faults.map(({ message }) => message) : { inputs, splits };
  };

  test('divides a single input, and keeps several', () => {
    expect(plan([undefined])).toEqual({
      inputs: [
        {
          name: undefined,
          shares: [
            ['train', 2],
            ['eval', 1],
          ],
        },
      ],
      splits: ['eval', 'train'],
    });
    expect(plan(['train', 'test'])).toEqual({
      inputs: [
        { name: 'test', shares: [['test', 1]] },
        { name: 'train', shares: [['train', 1]] },
      ],
      splits: ['test', 'train'],
    });
  });

  test('divides one of several', () => {
    expect(plan(['train', 'test'], { train: { train: 9, eval: 1 } })).toEqual({
      inputs: [
        { name: 'test', shares: [['test', 1]] },
        {
          name: 'train',
          shares: [
            ['train', 9],
            ['eval', 1],
          ],
        },
      ],
      splits: ['eval', 'test', 'train'],
    });
  });

  test('does not depend on the order of keys, which fingerprints do not see', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 });
    fc.assert(
      fc.property(names, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }), (keys, shares) => {
        const entries = keys.map((key, index) => [key, shares[index] ?? 1] as const);
        const reversed = Object.fromEntries([...entries].reverse());
        expect(plan([undefined], Object.fromEntries(entries))).toEqual(plan([undefined], reversed));
        expect(plan(keys)).toEqual(plan([...keys].reverse()));
      }),
    );
  });

  test.each<[readonly (string | undefined)[], SplitParam, string]>([
    [['train', 'test'], { train: 8, eval: 2 }, 'there are several inputs: train, test'],
    [['train', 'test'], { eval: { a: 1 } }, "there is no input 'eval'"],
    [['train', 'test'], { train: { train: 1, test: 1 } }, "two splits would have the name 'test'"],
    [['train', 'Test'], { train: { train: 1, test: 1 } }, "two splits would have the name 'test'"],
    [[undefined], { train: { a: 1 } }, 'the only input has no name'],
    [[undefined], { a: 1, b: { c: 1 } }, 'shares and inputs are mixed'],
    [[undefined], {}, 'no split is named'],
    [['train'], { train: {} }, 'no split is named'],
    [[undefined], { '../x': 1 }, '"../x" cannot name a split'],
    [[undefined], { 'a b': 1 }, '"a b" cannot name a split'],
  ])('%j divided by %j is refused', (names, split, message) => {
    expect(plan(names, split)).toContain(message);
  });
});

describe('a quota', () => {
  test('takes as many of every class, the rest from the first', () => {
    const quota = makeQuota({ train: 5 }, 2);
    const taken = [0, 0, 0, 0, 1, 1, 1].map((label) => quota.take('train', label));
    expect(taken).toEqual([true, true, true, false, true, true, false]);
    expect(quota.areFull(['train'])).toBe(true);
    expect(quota.missing('train')).toBe(0);
  });

  test('does not limit other splits, and says what is missing', () => {
    const quota = makeQuota({ train: 4 }, 2);
    expect(quota.take('test', 0)).toBe(true);
    expect(quota.areFull(['test'])).toBe(false);
    quota.take('train', 0);
    expect(quota.missing('train')).toBe(3);
    expect(quota.missing('test')).toBe(0);
  });
});

describe('classes', () => {
  const set = (...labels: string[]): Set<string> => new Set(labels);

  test('are the labels, by number or by code units', () => {
    expect(namedClasses(set('b', 'a', 'B'), undefined, 'f').names).toEqual(['B', 'a', 'b']);
    expect(namedClasses(set('10', '9', '0'), undefined, 'f').names).toEqual(['0', '9', '10']);
    expect(namedClasses(set('10', '9', 'x'), undefined, 'f').names).toEqual(['10', '9', 'x']);
  });

  test('are given, and labels are their names or indices', () => {
    const given = ['cat', 'dog', 'constructor'];
    expect(namedClasses(set('dog'), given, 'f').indexOf('dog')).toBe(1);
    expect(namedClasses(set('2', '0'), given, 'f').indexOf('2')).toBe(2);
    expect(namedClasses(set('dog'), given, 'f').indexOf('toString')).toBeUndefined();
    expect(() => namedClasses(set('dog', '1'), given, 'f')).toThrow('"1" is none of the classes');
    expect(() => namedClasses(set('3'), given, 'f')).toThrow('"3" is none of the classes');
    expect(() => namedClasses(set('<script>'), given, 'f')).toThrow('"<script>" is none of the classes');
  });

  test('by index are numbered, or all named', () => {
    expect(classesUpTo(2, undefined, 'f')).toEqual(['0', '1', '2']);
    expect(classesUpTo(1, ['a', 'b', 'c'], 'f')).toEqual(['a', 'b', 'c']);
    expect(() => classesUpTo(3, ['a', 'b', 'c'], 'f')).toThrow('a label 3, but names for 3 classes only');
    expect(() => classesUpTo(5_000_000, undefined, 'f')).toThrow('too large');
  });
});

describe('mapping in order', () => {
  test('keeps the order, does not do too many at once, and stops at a failure', async () => {
    let underWay = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        // The last one to come lets all go, latest first.
        if (waiting.length === 3 || item >= 8) for (const go of waiting.splice(0).reverse()) go();
      });
      underWay--;
      if (item === 8) throw new Error('broken');
      return item * 10;
    };
    const results: number[] = [];
    const run = async (): Promise<void> => {
      for await (const result of mapOrdered([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3, work)) results.push(result);
    };
    await expect(run()).rejects.toThrow('broken');
    expect(results).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
    expect(most).toBeLessThanOrEqual(3);
  });
});
