import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RunState, type StepEdges } from '../../../runner/execution/run-state.js';
import { simulate, type Mishaps } from './simulated-run.js';

const diamond: readonly StepEdges[] = [
  { name: 'a', needs: [] },
  { name: 'b', needs: ['a'] },
  { name: 'c', needs: ['a'] },
  { name: 'd', needs: ['b', 'c'] },
  { name: 'e', needs: [] },
];

function finish(state: RunState, step: string): void {
  state.apply(step, 'start');
  state.apply(step, 'complete');
}

describe('the state of a run', () => {
  test('a step is ready when all that it needs has finished', () => {
    const state = new RunState(diamond);
    expect(state.takeReady()).toEqual(['a', 'e']);
    finish(state, 'a');
    expect(state.takeReady()).toEqual(['b', 'c']);
    finish(state, 'b');
    expect(state.state('d')).toBe('waiting');
    state.apply('c', 'cached');
    expect(state.takeReady()).toEqual(['d']);
  });

  test('a failure abandons what depends on it and nothing else', () => {
    const state = new RunState(diamond);
    finish(state, 'a');
    state.apply('b', 'start');
    expect(state.apply('b', 'fail')).toEqual(['d']);
    expect(state.takeReady()).toEqual(['e', 'c']);
    finish(state, 'c');
    expect(state.state('d')).toBe('abandoned');
    expect(state.finished()).toBe(false);
    finish(state, 'e');
    expect(state.finished()).toBe(true);
  });

  test('a damaged output sends its maker back and its consumers to wait', () => {
    const state = new RunState(diamond);
    state.apply('a', 'cached');
    state.apply('b', 'start');
    state.redo('a', 'b');
    expect(state.takeReady()).toEqual(['e', 'a']);
    expect([state.state('b'), state.state('c'), state.state('d')]).toEqual(['waiting', 'waiting', 'waiting']);
    finish(state, 'a');
    expect(state.takeReady()).toEqual(['b', 'c']);
    finish(state, 'b');
    finish(state, 'c');
    expect(state.takeReady()).toEqual(['d']);
  });

  test('refuses what cannot happen', () => {
    const state = new RunState(diamond);
    expect(() => state.apply('d', 'start')).toThrow('step d is waiting: cannot start');
    expect(() => state.apply('a', 'complete')).toThrow('step a is ready: cannot complete');
    expect(() => new RunState([{ name: 'x', needs: ['y'] }])).toThrow('step x comes before y');
  });

  test('a damaged output that two consumers find: both wait for it', () => {
    const state = new RunState(diamond);
    state.apply('a', 'cached');
    state.apply('b', 'start');
    state.apply('c', 'start');
    expect(state.redo('a', 'b')).toBe(true);
    expect(state.redo('a', 'c')).toBe(true);
    finish(state, 'a');
    expect(state.takeReady()).toEqual(['e', 'b', 'c']);
  });

  test('a damaged output that cannot be made again: who finds it later is told so', () => {
    const state = new RunState(diamond);
    state.apply('a', 'cached');
    state.apply('b', 'start');
    state.apply('c', 'start');
    state.redo('a', 'b');
    state.apply('a', 'start');
    expect(state.apply('a', 'fail')).toEqual(['b', 'd']);
    expect(state.redo('a', 'c')).toBe(false);
    expect(state.apply('c', 'abandon')).toEqual([]);
  });

  const graphs = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 30 }).map((needs) =>
    needs.map((list, i) => ({
      name: String(i),
      needs: i === 0 ? [] : [...new Set(list.map((n) => String(n % i)))],
    })),
  );
  const chances = fc.constantFrom(0, 0, 5, 30);
  const mishaps: fc.Arbitrary<Mishaps> = fc.record({
    failing: chances,
    canceled: chances,
    skipped: chances,
    damages: fc.constantFrom(0, 0, 1, 5, 20),
    crashes: fc.constantFrom(0, 0, 1, 3),
    stopped: fc.constantFrom(false, false, true),
    failFast: fc.boolean(),
    jobs: fc.integer({ min: 1, max: 5 }),
  });

  test('any graph, failures, skips, damage, stops and crashes: what must hold does, and the run ends', () => {
    fc.assert(
      fc.property(graphs, mishaps, fc.infiniteStream(fc.nat()), (steps, befalls, choices) => {
        simulate(steps, befalls, (limit) => (choices.next().value as number) % limit);
      }),
      { numRuns: 20_000 },
    );
  });
});
