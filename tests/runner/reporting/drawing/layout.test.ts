import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forwardOrder } from '../../../../runner/reporting/drawing/forward-order.js';
import { layOut } from '../../../../runner/reporting/drawing/layout.js';

/** Graphs without circles, in a shuffled order, some arrows twice. */
const graphs = fc
  .integer({ min: 1, max: 14 })
  .chain((count) =>
    fc.record({
      order: fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
      pairs: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 30 }),
      widths: fc.array(fc.integer({ min: 20, max: 200 }), { minLength: count, maxLength: count }),
    }),
  )
  .map(({ order, pairs, widths }) => ({
    boxes: order.map((index) => ({ id: `n${String(index)}`, width: widths[index] ?? 20, height: 40 })),
    joints: pairs
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({
        from: `n${String(Math.min(a, b))}`,
        to: `n${String(Math.max(a, b))}`,
        labelWidth: a % 2 === 0 ? 60 : 0,
        labelHeight: 16,
      })),
  }));

describe('layOut', () => {
  test('leaves no room beside what is drawn', () => {
    fc.assert(
      fc.property(graphs, ({ boxes, joints }) => {
        const { width, centers, routes } = layOut(
          boxes,
          joints.map((joint) => ({ ...joint, labelWidth: 0 })),
        );
        const lefts = boxes.map(({ id, width: own }) => (centers.get(id)?.x ?? 0) - own / 2);
        const rights = boxes.map(({ id, width: own }) => (centers.get(id)?.x ?? 0) + own / 2);
        const turns = routes.flatMap(({ points }) => points.map(({ x }) => x));
        expect(Math.min(...lefts, ...turns)).toBeCloseTo(8);
        expect(width - Math.max(...rights, ...turns)).toBeCloseTo(8);
      }),
    );
  });

  test('boxes lie apart, inside the drawing, and arrows lead downwards from box to box', () => {
    fc.assert(
      fc.property(graphs, ({ boxes, joints }) => {
        const { width, height, centers, routes } = layOut(boxes, joints);
        const areas = boxes.map(({ id, width: own, height: tall }) => {
          const { x = NaN, y = NaN } = centers.get(id) ?? {};
          return { id, left: x - own / 2, right: x + own / 2, top: y - tall / 2, bottom: y + tall / 2 };
        });
        for (const [index, a] of areas.entries()) {
          expect(Math.min(a.left, a.top, width - a.right, height - a.bottom)).toBeGreaterThanOrEqual(0);
          for (const b of areas.slice(index + 1)) {
            const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
            expect([a.id, b.id, apart]).toEqual([a.id, b.id, true]);
          }
        }
        for (const [index, { from, to }] of joints.entries()) {
          const points = routes[index]?.points ?? [];
          const [start, end] = [areas.find(({ id }) => id === from), areas.find(({ id }) => id === to)];
          expect(points[0]?.y).toBeCloseTo(start?.bottom ?? NaN);
          expect(points.at(-1)?.y).toBeCloseTo(end?.top ?? NaN);
          points.slice(1).forEach(({ y }, at) => {
            expect(y).toBeGreaterThan(points[at]?.y ?? NaN);
          });
        }
      }),
      { numRuns: 150 },
    );
  });

  test('no two labels lie over each other', () => {
    const to = ['b', 'c', 'd', 'e'];
    const boxes = ['a', ...to, 'z'].map((id) => ({ id, width: 30, height: 40 }));
    const joint = (from: string, end: string): Parameters<typeof layOut>[1][number] => ({
      from,
      to: end,
      labelWidth: 90,
      labelHeight: 16,
    });
    const joints = [...to.map((id) => joint('a', id)), ...to.map((id) => joint(id, 'z'))];
    const { routes } = layOut(boxes, joints);
    for (const layer of [routes.slice(0, 4), routes.slice(4)]) {
      const labels = layer.map(({ label }) => label);
      labels.forEach((a, index) => {
        for (const b of labels.slice(index + 1)) {
          expect(Math.abs(a.y - b.y) >= 15 || Math.abs(a.x - b.x) >= 60).toBe(true);
        }
      });
    }
  });

  test('circles do no harm', () => {
    const boxes = ['a', 'b', 'c'].map((id) => ({ id, width: 30, height: 40 }));
    const joints = ['ab', 'bc', 'ca', 'aa'].map(([from = '', to = '']) => ({
      from,
      to,
      labelWidth: 0,
      labelHeight: 0,
    }));
    expect(layOut(boxes, joints).centers.size).toBe(3);
  });
});

describe('forwardOrder', () => {
  test('puts everything after what it needs, and keeps all', () => {
    fc.assert(
      fc.property(graphs, ({ boxes, joints }) => {
        const names = boxes.map(({ id }) => id);
        const ordered = forwardOrder(names, joints);
        expect([...ordered].sort()).toEqual([...names].sort());
        for (const { from, to } of joints) expect(ordered.indexOf(from)).toBeLessThan(ordered.indexOf(to));
      }),
    );
  });
});
