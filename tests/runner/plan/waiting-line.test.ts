import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WaitingLine, type Started } from '../../../runner/plan/waiting-line.js';
import type { Demand } from '../../../runner/config/demand.js';

const demand = (cpu: number, memory = 0, gpu = 0): Demand => ({ cpu, memory, gpu });

/** Takes out all that may start. */
function startAll<T>(line: WaitingLine<T>): Started<T>[] {
  const started: Started<T>[] = [];
  for (let next = line.next(); next !== undefined; next = line.next()) started.push(next);
  return started;
}

const items = <T>(started: readonly Started<T>[]): readonly T[] => started.map(({ item }) => item);

function end<T>(line: WaitingLine<T>, started: Started<T>[], item: T): void {
  const index = started.findIndex((each) => each.item === item);
  const [ended] = started.splice(index, 1);
  if (index < 0 || ended === undefined) throw new Error(`${String(item)} does not run`);
  line.release(ended);
}

describe('the line of those that are ready', () => {
  test('starts them in order, as long as budget and places last', () => {
    const line = new WaitingLine<string>(demand(4), 3);
    for (const name of ['a', 'b', 'c', 'd']) line.add(name, demand(1));
    const running = startAll(line);
    expect(items(running)).toEqual(['a', 'b', 'c']);
    end(line, running, 'b');
    expect(items(startAll(line))).toEqual(['d']);
  });

  test('lets others start on what the first one leaves over, and on nothing else', () => {
    const line = new WaitingLine<string>(demand(4, 0, 1), 10);
    line.add('train', demand(1, 0, 1));
    const running = startAll(line);
    line.add('tune', demand(2, 0, 1));
    for (const name of ['a', 'b', 'c']) line.add(name, demand(1));
    // Two cores are kept for `tune`, which waits for the GPU.
    running.push(...startAll(line));
    expect(items(running)).toEqual(['train', 'a', 'b']);
    end(line, running, 'a');
    running.push(...startAll(line));
    expect(items(running)).toEqual(['train', 'b', 'c']);
    end(line, running, 'train');
    expect(items(startAll(line))).toEqual(['tune']);
  });

  test('a big one is not overtaken by an endless row of small ones', () => {
    const line = new WaitingLine<string>(demand(2), 2);
    line.add('small', demand(1));
    const running = startAll(line);
    line.add('big', demand(2));
    for (let i = 0; i < 100; i++) line.add(`later ${String(i)}`, demand(1));
    expect(startAll(line)).toEqual([]);
    end(line, running, 'small');
    expect(line.next()?.item).toBe('big');
  });

  test('counts thousandths of cores exactly, and refuses what never fits', () => {
    const line = new WaitingLine<number>(demand(1), 100);
    for (let i = 0; i < 11; i++) line.add(i, demand(0.1));
    expect(startAll(line)).toHaveLength(10);
    expect(() => {
      line.add(11, demand(1.001));
    }).toThrow(RangeError);
  });

  const small = fc.record({ cpu: fc.integer({ min: 0, max: 40 }), memory: fc.nat(20), gpu: fc.nat(2) });
  const amounts = small.map(({ cpu, memory, gpu }) => demand(cpu / 10, memory, gpu));

  test('any demands, any order of ends: never beyond the budget, all finish, and nobody waits for who came later', () => {
    const budget = demand(4, 20, 2);
    fc.assert(
      fc.property(
        fc.array(amounts, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        (demands, places, choices) => {
          const line = new WaitingLine<number>(budget, places);
          const pick = (below: number): number => Number(choices.next().value) % below;
          const running: Started<number>[] = [];
          const finished = new Set<number>();
          /** Those that ran when someone came to the front and did not fit: only these it may have to wait for. */
          let waitsFor: { readonly front: number; readonly before: Set<number> } | undefined;
          const begun = new Set<number>();
          let added = 0;
          while (finished.size < demands.length) {
            const arriving = added < demands.length && pick(2) === 0;
            const next = demands[added];
            if (arriving && next !== undefined) line.add(added++, next);
            for (const started of startAll(line)) {
              running.push(started);
              begun.add(started.item);
            }
            const sum = (kind: keyof Demand): number =>
              running.reduce((total, { item }) => total + (demands[item]?.[kind] ?? 0), 0);
            expect(running.length).toBeLessThanOrEqual(places);
            expect(Math.round(sum('cpu') * 1000)).toBeLessThanOrEqual(budget.cpu * 1000);
            expect(sum('memory')).toBeLessThanOrEqual(budget.memory);
            expect(sum('gpu')).toBeLessThanOrEqual(budget.gpu);
            const front = demands.findIndex((_, index) => index < added && !begun.has(index));
            if (front !== waitsFor?.front) {
              waitsFor = front < 0 ? undefined : { front, before: new Set(running.map(({ item }) => item)) };
            }
            if (waitsFor !== undefined) {
              // Its turn has come once these have ended.
              expect(running.some(({ item }) => waitsFor?.before.has(item))).toBe(true);
            }
            const ending = running[pick(Math.max(running.length, 1))];
            if (ending !== undefined && !arriving) {
              end(line, running, ending.item);
              finished.add(ending.item);
            }
          }
          expect(running).toEqual([]);
        },
      ),
    );
  });
});
