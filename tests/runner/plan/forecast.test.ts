/**
 * What a plan would cost: the median of the past, the critical path, and the run played through.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { criticalPath } from '../../../runner/plan/critical-path.js';
import { simulateRun, type DemandingTask } from '../../../runner/plan/simulate-run.js';
import { expectedMs } from '../../../runner/plan/step-time.js';

const past = (...times: readonly number[]): Parameters<typeof expectedMs>[0] =>
  times.map((ms) => ({ queuedMs: 1000, executeMs: ms, publishMs: 1 }));

const CORES = 4;

const NOTHING = { cpu: 0, memory: 0, gpu: 0 };

/** A machine on which so many tasks may run, whatever they ask for. */
const roomFor = (jobs: number): Parameters<typeof simulateRun>[1] => ({
  jobs,
  budget: { cpu: 1000, memory: 1e12, gpu: 0 },
});

/** Graphs of up to 12 tasks, each needing some of those before it. */
const graphs: fc.Arbitrary<readonly DemandingTask[]> = fc
  .array(
    fc.record({
      ms: fc.integer({ min: 0, max: 50 }),
      picks: fc.array(fc.nat(), { maxLength: 3 }),
      cpu: fc.integer({ min: 0, max: CORES }),
    }),
    { maxLength: 12 },
  )
  .map((drawn) =>
    drawn.map(({ ms, picks, cpu }, index) => ({
      name: `t${String(index)}`,
      needs: index === 0 ? [] : [...new Set(picks.map((pick) => `t${String(pick % index)}`))],
      ms,
      demand: { cpu, memory: 0, gpu: 0 },
    })),
  );

/** All that a task and what it needs take, along the worst way; by walking every way there is. */
function longestTo(task: DemandingTask, tasks: readonly DemandingTask[]): number {
  const before = tasks.filter(({ name }) => task.needs.includes(name)).map((need) => longestTo(need, tasks));
  return task.ms + Math.max(0, ...before);
}

const sum = (tasks: readonly DemandingTask[]): number => tasks.reduce((total, { ms }) => total + ms, 0);

describe('the time that a step is expected to take', () => {
  test('is the median of what it took to execute and publish, without what it waited', () => {
    expect(expectedMs(past(10, 500, 12))).toBe(13);
    expect(expectedMs(past(10, 20))).toBe(16);
    expect(expectedMs(past(10))).toBe(11);
  });

  test('is unknown without a past', () => {
    expect(expectedMs([])).toBeUndefined();
  });
});

const diamond: readonly DemandingTask[] = [
  { name: 'a', needs: [], ms: 1, demand: NOTHING },
  { name: 'b', needs: ['a'], ms: 5, demand: NOTHING },
  { name: 'c', needs: ['a'], ms: 7, demand: NOTHING },
  { name: 'd', needs: ['b', 'c'], ms: 2, demand: NOTHING },
  { name: 'e', needs: [], ms: 4, demand: NOTHING },
];

describe('the critical path', () => {
  test('is the longest way', () => {
    expect(criticalPath(diamond)).toEqual({ path: ['a', 'c', 'd'], ms: 10 });
    expect(criticalPath([])).toEqual({ path: [], ms: 0 });
  });

  test('is a chain of needs, takes what its tasks take, and no way is longer', () => {
    fc.assert(
      fc.property(graphs, (tasks) => {
        const { path, ms } = criticalPath(tasks);
        const byName = new Map(tasks.map((task) => [task.name, task]));
        path.slice(1).forEach((name, index) => {
          expect(byName.get(name)?.needs).toContain(path[index]);
        });
        expect(sum(path.flatMap((name) => byName.get(name) ?? []))).toBe(ms);
        expect(ms).toBe(Math.max(0, ...tasks.map((task) => longestTo(task, tasks))));
      }),
    );
  });
});

describe('a run played through', () => {
  test('starts tasks in the order in which they become ready', () => {
    // a and e; then b, when a has ended; then c, when e has ended; then d after c.
    expect(simulateRun(diamond, roomFor(2))).toBe(13);
    expect(simulateRun(diamond, roomFor(1))).toBe(19);
    expect(simulateRun(diamond, roomFor(9))).toBe(10);
  });

  test('takes as long as the critical path with enough jobs, as all together with one, else between', () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 4 }), (tasks, jobs) => {
        const { ms } = criticalPath(tasks);
        expect(simulateRun(tasks, roomFor(Math.max(1, tasks.length)))).toBe(ms);
        expect(simulateRun(tasks, roomFor(1))).toBe(sum(tasks));
        const wall = simulateRun(tasks, roomFor(jobs));
        expect(wall).toBeGreaterThanOrEqual(Math.max(ms, sum(tasks) / jobs));
        // Graham's bound for list scheduling.
        expect(wall).toBeLessThanOrEqual(sum(tasks) / jobs + ms * (1 - 1 / jobs) + 1e-9);
      }),
    );
  });

  test('waits for cores that others have, and never longer than one after the other', () => {
    const two = ['x', 'y'].map((name) => ({ name, needs: [], ms: 10, demand: { ...NOTHING, cpu: 3 } }));
    const machine = { jobs: 12, budget: { cpu: CORES, memory: 1e12, gpu: 0 } };
    expect(simulateRun(two, machine)).toBe(20);
    fc.assert(
      fc.property(graphs, (tasks) => {
        const wall = simulateRun(tasks, machine);
        const work = tasks.reduce((total, { ms, demand }) => total + ms * demand.cpu, 0);
        expect(wall).toBeGreaterThanOrEqual(Math.max(criticalPath(tasks).ms, work / CORES));
        expect(wall).toBeLessThanOrEqual(sum(tasks));
      }),
    );
  });
});
