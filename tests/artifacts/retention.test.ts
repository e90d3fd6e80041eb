import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunRecord, RunState } from '../../artifacts/metadata/records.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import { judge, type RetentionFacts, type RetentionPolicy } from '../../artifacts/retention.js';

const owner = currentProcess();

function run(id: number, state: RunState = 'COMPLETE', pipeline = 'p'): RunRecord {
  return { id, state, pipeline, owner, file: 'p.yaml', params: {}, startedAt: id * 1000, endedAt: undefined };
}

const nothing: RetentionPolicy = { keepLast: undefined, maxAgeMs: undefined, maxBytes: undefined, pipeline: undefined };

/** Artifacts `a`, `b`, … of 10 bytes each, by the runs that use them. */
function facts(
  runs: readonly RunRecord[],
  uses: Readonly<Record<string, readonly number[]>>,
  shipped = '',
): RetentionFacts {
  return {
    now: 10_000,
    runs,
    shipped: new Set(shipped),
    sizes: new Map(Object.keys(uses).map((digest) => [digest, 10])),
    uses: Object.entries(uses).flatMap(([digest, ids]) => ids.map((runId) => ({ digest, runId }))),
  };
}

/** What goes, with its reasons. */
function dropped(of: RetentionFacts, policy: Partial<RetentionPolicy>): Readonly<Record<string, string>> {
  const verdicts = judge(of, { ...nothing, ...policy });
  return Object.fromEntries(verdicts.filter(({ keep }) => !keep).map(({ digest, reason }) => [digest, reason]));
}

describe('retention', () => {
  test('without a policy, only what no run has recorded goes', () => {
    expect(dropped(facts([run(1), run(2)], { a: [1], b: [2], c: [] }), {})).toEqual({ c: 'unrecorded' });
  });

  test('keeps what is unrecorded while a pipeline runs: it may be recorded yet', () => {
    expect(dropped(facts([run(1), run(2, 'RUNNING')], { a: [1], c: [] }), {})).toEqual({});
  });

  test('the last complete runs keep theirs, and what ran after them', () => {
    const of = facts([run(1), run(2), run(3, 'FAILED'), run(4), run(5, 'FAILED')], {
      a: [1],
      b: [2],
      c: [3],
      d: [4],
      e: [5],
    });
    expect(dropped(of, { keepLast: 1 })).toEqual({ a: 'earlier-runs', b: 'earlier-runs', c: 'earlier-runs' });
    expect(dropped(of, { keepLast: 2 })).toEqual({ a: 'earlier-runs' });
  });

  test('an artifact of a kept run stays, whoever else used it', () => {
    expect(dropped(facts([run(1), run(2)], { a: [1, 2], b: [1] }), { keepLast: 1 })).toEqual({ b: 'earlier-runs' });
  });

  test('counts the runs of each pipeline by themselves', () => {
    const of = facts([run(1, 'COMPLETE', 'x'), run(2), run(3)], { a: [1], b: [2], c: [3] });
    expect(dropped(of, { keepLast: 1 })).toEqual({ b: 'earlier-runs' });
    expect(dropped(of, { keepLast: 1, pipeline: 'x' })).toEqual({});
  });

  test('lets what is too old go, but for the last complete run', () => {
    const of = facts([run(1), run(2), run(3)], { a: [1], b: [2], c: [3] });
    expect(dropped(of, { maxAgeMs: 500 })).toEqual({ a: 'too-old', b: 'too-old' });
    expect(dropped(of, { maxAgeMs: 8500 })).toEqual({ a: 'too-old' });
    expect(dropped(of, { maxAgeMs: 500, keepLast: 2 })).toEqual({ a: 'too-old' });
  });

  test('over the size, what was unused for longest goes first, until it fits', () => {
    const of = facts([run(1), run(2), run(3)], { a: [1, 2], b: [1], c: [3], d: [2] });
    expect(dropped(of, { maxBytes: 30 })).toEqual({ b: 'over-size' });
    expect(dropped(of, { maxBytes: 25 })).toEqual({ b: 'over-size', a: 'over-size' });
    expect(dropped(of, { maxBytes: 0 })).toEqual({ b: 'over-size', a: 'over-size', d: 'over-size' });
  });

  test('never touches what was shipped, runs, or is used by a running pipeline', () => {
    const of = facts([run(1), run(2, 'RUNNING', 'x'), run(3)], { a: [1], b: [1, 2], c: [1] }, 'c');
    expect(dropped(of, { keepLast: 1, maxAgeMs: 1, maxBytes: 0 })).toEqual({ a: 'too-old' });
  });

  test('holds these for any store and any policy', () => {
    const state = fc.constantFrom<RunState[]>('COMPLETE', 'FAILED', 'CANCELED', 'RUNNING');
    const store = fc
      .tuple(fc.array(fc.tuple(state, fc.constantFrom('p', 'x')), { maxLength: 8 }), fc.nat())
      .chain(([runs, shipped]) =>
        fc.tuple(
          fc.constant(runs.map(([of, pipeline], index) => run(index + 1, of, pipeline))),
          fc.array(fc.subarray(runs.map((_, index) => index + 1)), { maxLength: 8 }),
          fc.constant(shipped),
        ),
      );
    const policy = fc.record({
      keepLast: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      maxAgeMs: fc.option(fc.integer({ min: 1, max: 12_000 }), { nil: undefined }),
      maxBytes: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      pipeline: fc.constantFrom(undefined, 'p', 'x'),
    });
    fc.assert(
      fc.property(store, policy, ([runs, users, shipped], wanted) => {
        const uses = Object.fromEntries(users.map((ids, index) => ['abcdefgh'[index] ?? '', ids]));
        const of = facts(runs, uses, 'abcdefgh'.slice(0, shipped % 3));
        const verdicts = judge(of, wanted);
        expect(verdicts.map(({ digest }) => digest)).toEqual(Object.keys(uses));
        for (const { keep, digest } of verdicts) {
          if (keep) continue;
          const by = runs.filter(({ id }) => uses[digest]?.includes(id));
          const latest = (pipeline: string): number =>
            Math.max(
              0,
              ...runs.filter((each) => each.pipeline === pipeline && each.state === 'COMPLETE').map(({ id }) => id),
            );
          expect(of.shipped.has(digest)).toBe(false);
          expect(by.map((each) => each.state)).not.toContain('RUNNING');
          for (const user of by) {
            expect(user.id).toBeLessThan(latest(user.pipeline));
            if (wanted.pipeline !== undefined) expect(user.pipeline).toBe(wanted.pipeline);
          }
        }
      }),
    );
  });
});
