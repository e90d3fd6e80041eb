import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RunState, type StepEdges } from '../../../runner/execution/run-state.js';

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

  test('any graph, any outcomes: no step starts before its needs, and the run ends', () => {
    const graphs = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 30 }).map((needs) =>
      needs.map((list, i) => ({
        name: String(i),
        needs: i === 0 ? [] : list.map((n) => String(n % i)),
      })),
    );
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), (steps, choices) => {
        const state = new RunState(steps);
        const pick = (): number => choices.next().value as number;
        const outcomes = ['complete', 'complete', 'complete', 'cached', 'fail', 'cancel'] as const;
        const ready: string[] = [];
        for (ready.push(...state.takeReady()); ready.length > 0; ready.push(...state.takeReady())) {
          const [step = ''] = ready.splice(pick() % ready.length, 1);
          const needs = steps.find(({ name }) => name === step)?.needs ?? [];
          expect(needs.every((need) => ['complete', 'cached'].includes(state.state(need)))).toBe(true);
          state.apply(step, 'start');
          state.apply(step, outcomes[pick() % outcomes.length] ?? 'complete');
        }
        expect(state.finished()).toBe(true);
        for (const { name, needs } of steps) {
          const lost = needs.some((need) => !['complete', 'cached'].includes(state.state(need)));
          expect(state.state(name) === 'abandoned').toBe(lost);
        }
      }),
    );
  });
});
