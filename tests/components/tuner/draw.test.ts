import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { draw, drawConfigurations } from '../../../components/tuner/draw.js';
import type { Hyperparameter, Space } from '../../../components/tuner/space.js';
import { kerasTuner } from './keras-tuner.js';

/** Share of the values below a bound. */
function shareBelow(values: readonly unknown[], bound: number): number {
  return values.filter((value) => Number(value) < bound).length / values.length;
}

const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const range = { min_value: 1e-4, max_value: 1e-2 };

describe('a value', () => {
  test.each(kerasTuner.values)('of $config.name is KerasTuner’s', ({ class_name, config, values }) => {
    const entry = { [class_name]: config } as unknown as Hyperparameter;
    for (const [probability, value] of values) {
      const drawn = draw(entry, probability);
      if (typeof value === 'number') expect(drawn).toBeCloseTo(value, 10);
      else expect(drawn).toBe(value);
    }
  });

  test('of an integer lies in its range, on its steps', () => {
    const steps = fc.record({
      min: fc.integer({ min: -50, max: 50 }),
      more: fc.nat(100),
      step: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(steps, uniform, ({ min, more, step }, u) => {
        const Int = { min_value: min, max_value: min + more, step, sampling: 'linear' } as const;
        const value = draw({ Int }, u) as number;
        expect(value).toBeGreaterThanOrEqual(min);
        expect(value).toBeLessThanOrEqual(min + more);
        expect(Math.abs((value - min) % step)).toBe(0);
      }),
    );
  });

  test('of an integer on a logarithmic scale lies in its range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(1000), uniform, (min, more, u) => {
        const value = draw({ Int: { min_value: min, max_value: min + more, sampling: 'log', step: undefined } }, u);
        expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(min);
        expect(value).toBeLessThanOrEqual(min + more);
      }),
    );
  });

  test('of a number lies in its range, the last step included', () => {
    const Float = { min_value: 0.1, max_value: 0.5, step: 0.1, sampling: 'linear' } as const;
    fc.assert(
      fc.property(uniform, (u) => {
        expect([0.1, 0.2, 0.3, 0.4, 0.5]).toContain(draw({ Float }, u));
        const value = draw({ Float: { ...range, sampling: 'log', step: undefined } }, u);
        expect(value).toBeGreaterThanOrEqual(1e-4);
        expect(value).toBeLessThanOrEqual(1e-2);
      }),
    );
    expect(draw({ Float }, 1 - 2 ** -53)).toBe(0.5);
    // Divided in binary fractions, 0.3 / 0.1 is a little less than 3.
    expect(draw({ Float: { ...Float, min_value: 0, max_value: 0.3 } }, 0.99)).toBe(0.3);
  });
});

describe('configurations', () => {
  const space: Space = {
    units: { Int: { min_value: 1, max_value: 1000, step: undefined, sampling: 'linear' } },
    rate: { Float: { ...range, sampling: 'log', step: undefined } },
    activation: { Choice: { values: ['relu', 'elu'] } },
    bias: 'Boolean',
    momentum: { Fixed: { value: 0.9 } },
  };

  test('are the same for the same seed, whatever the order of the names', () => {
    const reversed = Object.fromEntries(Object.entries(space).reverse());
    const first = drawConfigurations(space, 20, 1);
    expect(drawConfigurations(reversed, 20, 1)).toEqual(first);
    expect(drawConfigurations(space, 20, 2)).not.toEqual(first);
    // Asking for more changes nothing about the first ones.
    expect(drawConfigurations(space, 30, 1).slice(0, 20)).toEqual(first);
  });

  test('spread evenly: linear over the range, logarithmic over the factors', () => {
    const drawn = drawConfigurations(space, 1000, 3);
    const of = (name: string): unknown[] => drawn.map((values) => values[name]);
    for (const [name, quarters] of [
      ['units', [251, 501, 751]],
      ['rate', [10 ** -3.5, 1e-3, 10 ** -2.5]],
    ] as const) {
      expect(shareBelow(of(name), quarters[0])).toBeCloseTo(0.25, 1);
      expect(shareBelow(of(name), quarters[1])).toBeCloseTo(0.5, 1);
      expect(shareBelow(of(name), quarters[2])).toBeCloseTo(0.75, 1);
    }
    expect(shareBelow(of('bias'), 1)).toBeCloseTo(0.5, 1);
    expect(new Set(of('momentum'))).toEqual(new Set([0.9]));
    expect(new Set(of('activation'))).toEqual(new Set(['relu', 'elu']));
  });

  test('never come twice, and end when the space is exhausted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 20 }), fc.nat(), (size, count, seed) => {
        const Int = { min_value: 1, max_value: size, step: 1, sampling: 'linear' } as const;
        const drawn = drawConfigurations({ units: { Int } }, count, seed);
        expect(new Set(drawn.map(({ units }) => units)).size).toBe(drawn.length);
        expect(drawn.length).toBeLessThanOrEqual(Math.min(size, count));
        expect(drawn.length).toBeGreaterThan(0);
      }),
    );
    expect(drawConfigurations({ momentum: { Fixed: { value: 1 } } }, 5, 1)).toEqual([{ momentum: 1 }]);
    expect(drawConfigurations({ bias: 'Boolean' }, 5, 1)).toHaveLength(2);
  });
});
