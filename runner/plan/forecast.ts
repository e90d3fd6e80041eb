/**
 * What a plan would cost, judged by the past: the time of each step, the critical path, when the run would end, and the
 * bytes that need not be made again. A step that waits for another is counted as if it ran: it is cached if what it needs
 * comes out the same, and then all is done sooner.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import { needsOf } from '../graph/pipeline-graph.js';
import { criticalPath, type Task } from './critical-path.js';
import type { PlannedNode } from './plan-pipeline.js';
import { simulateRun } from './simulate-run.js';
import { expectedMs, PAST_EXECUTIONS } from './step-time.js';

/** What is expected of a plan. Times are milliseconds. */
export interface Forecast {
  /** By node, of those that would run or may run; undefined where it never ran. */
  readonly expected: ReadonlyMap<string, number | undefined>;
  /** Steps that may run and never ran here: they count as nothing below. */
  readonly unknown: readonly string[];
  /** Steps that follow one another, and take the longest together. */
  readonly criticalPath: readonly string[];
  readonly criticalPathMs: number;
  /** From the beginning to the end, with so many jobs. */
  readonly wallMs: number;
  /** Outputs that are there already: each content once. */
  readonly cachedBytes: number;
  /** What it took to make them. */
  readonly savedMs: number;
}

/** The bytes of a node's outputs that are there already, by digest. */
export function cachedOutputs({ plan }: PlannedNode): ReadonlyMap<string, number> {
  switch (plan.kind) {
    case 'cached':
      return new Map(plan.from.outputs.map(({ artifact: { digest, bytes } }) => [digest, bytes]));
    case 'resolved':
      return new Map([[plan.artifact.digest, plan.artifact.bytes]]);
    default:
      return new Map();
  }
}

/** The time that it took to make what a node need not make again. */
function savedMs({ plan }: PlannedNode): number {
  if (plan.kind !== 'cached') return 0;
  return plan.from.execution.timings?.executeMs ?? 0;
}

/**
 * Foretells what a plan would cost.
 *
 * @param metadata - undefined while nothing ever ran
 */
export function forecast(
  planned: readonly PlannedNode[],
  { pipeline, jobs, metadata }: { pipeline: string; jobs: number; metadata: MetadataStore | undefined },
): Forecast {
  const expected = new Map<string, number | undefined>();
  const tasks = planned.map(({ node, plan }): Task => {
    const base = { name: node.name, needs: needsOf(node) };
    if (plan.kind !== 'run' && plan.kind !== 'waits') return { ...base, ms: 0 };
    const step = { pipeline, node: node.name, component: node.spec.name, limit: PAST_EXECUTIONS };
    const ms = expectedMs(metadata?.recentTimings(step) ?? []);
    expected.set(node.name, ms);
    return { ...base, ms: ms ?? 0 };
  });
  const longest = criticalPath(tasks);
  return {
    expected,
    unknown: [...expected].flatMap(([name, ms]) => (ms === undefined ? [name] : [])),
    criticalPath: longest.path.filter((name) => expected.has(name)),
    criticalPathMs: longest.ms,
    wallMs: simulateRun(tasks, jobs),
    cachedBytes: [...new Map(planned.flatMap((each) => [...cachedOutputs(each)])).values()].reduce((a, b) => a + b, 0),
    savedMs: planned.reduce((sum, each) => sum + savedMs(each), 0),
  };
}
