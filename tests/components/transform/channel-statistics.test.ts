import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byteAccumulator, numberAccumulator, scaled } from '../../../components/transform/channel-statistics.js';

/** Mean and variance in two passes, the way they are defined. */
function twoPass(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

describe('statistics of channels', () => {
  test('are those of the population, a channel at a time', () => {
    const accumulator = byteAccumulator(2);
    accumulator.add(Uint8Array.of(2, 10, 4, 10));
    accumulator.add(Uint8Array.of(4, 10, 4, 10, 5, 10, 5, 10, 7, 10, 9, 10));
    expect(accumulator.statistics()).toEqual([
      { mean: 5, variance: 4, minimum: 2, maximum: 9 },
      { mean: 10, variance: 0, minimum: 10, maximum: 10 },
    ]);
  });

  test('stay exact far from zero, where sums of squares lose everything', () => {
    const accumulator = numberAccumulator(1);
    // 1e6 is where float32 still tells integers and quarters apart.
    accumulator.add(Float32Array.of(1e6 + 4, 1e6 + 7, 1e6 + 13, 1e6 + 16));
    const [statistics] = accumulator.statistics();
    expect(statistics).toEqual({ mean: 1e6 + 10, variance: 22.5, minimum: 1e6 + 4, maximum: 1e6 + 16 });
  });

  test('agree with two passes, however the values are cut into pieces', () => {
    const pieces = fc.array(fc.array(fc.tuple(fc.integer(), fc.integer()), { maxLength: 20 }), { maxLength: 5 });
    fc.assert(
      fc.property(pieces, (cut) => {
        const rows = cut.flat();
        fc.pre(rows.length > 0);
        const accumulator = numberAccumulator(2);
        for (const piece of cut) accumulator.add(Int32Array.from(piece.flat()));
        accumulator.statistics().forEach((statistics, channel) => {
          const values = rows.map((row) => row[channel] as number);
          const { mean, variance } = twoPass(values);
          expect(Math.abs(statistics.mean - mean)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(mean)));
          expect(Math.abs(statistics.variance - variance)).toBeLessThanOrEqual(1e-9 * Math.max(1, variance));
          expect(statistics.minimum).toBe(Math.min(...values));
          expect(statistics.maximum).toBe(Math.max(...values));
        });
      }),
    );
  });

  test('of bytes are the same by counting and by Welford’s method', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (values) => {
        const [counted, welford] = [byteAccumulator(1), numberAccumulator(1)];
        counted.add(values);
        welford.add(values);
        const [[exact], [close]] = [counted.statistics(), welford.statistics()];
        expect(close?.mean).toBeCloseTo(exact?.mean ?? NaN, 9);
        expect(close?.variance).toBeCloseTo(exact?.variance ?? NaN, 7);
        expect([close?.minimum, close?.maximum]).toEqual([exact?.minimum, exact?.maximum]);
      }),
    );
  });

  test('follow a change of scale, also a negative one', () => {
    const statistics = { mean: 5, variance: 4, minimum: 2, maximum: 9 };
    expect(scaled(statistics, -2, 1)).toEqual({ mean: -9, variance: 16, minimum: -17, maximum: -3 });
  });

  test('of nothing there are none', () => {
    expect(() => byteAccumulator(3).statistics()).toThrow('no values');
    expect(() => numberAccumulator(3).statistics()).toThrow('no values');
  });
});
