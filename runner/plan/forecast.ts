/**
 * What a plan would cost, judged by the past: the time of each step, the critical path, when the run would end, and the
 * bytes that need not be made again. A step that waits for another is counted as if it ran: it is cached if what it needs
 * comes out the same, and then all is done sooner.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import { needsOf } from '../graph/pipeline-graph.js';
import { criticalPath } from './critical-path.js';
import type { PlannedNode } from './plan-pipeline.js';
import { simulateRun, type Capacity, type DemandingTask } from './simulate-run.js';
import { expectedMs, PAST_EXECUTIONS } from './step-time.js';

/** What is expected of a plan. Times are milliseconds. */
export interface Forecast {
  /** By node, as {@link expectedTimes} has them. */
  readonly expected: ReadonlyMap<string, number | undefined>;
  /** Steps that may run and never ran here: they count as nothing below. */
  readonly unknown: readonly string[];
  /** Steps that follow one another, and take the longest together. */
  readonly criticalPath: readonly string[];
  readonly criticalPathMs: number;
  /** From the beginning to the end, with so many jobs and such a budget. */
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
 * The times that the nodes are expected to take which would run or may run; undefined where one never ran.
 *
 * @param metadata - undefined while nothing ever ran
 */
export function expectedTimes(
  planned: readonly PlannedNode[],
  pipeline: string,
  metadata: MetadataStore | undefined,
): Forecast['expected'] {
  const running = planned.filter(({ plan }) => plan.kind === 'run' || plan.kind === 'waits');
  return new Map(
    running.map(({ node }) => {
      const step = { pipeline, node: node.name, component: node.spec.name, limit: PAST_EXECUTIONS };
      return [node.name, expectedMs(metadata?.recentTimings(step) ?? [])];
    }),
  );
}

/** Foretells what a plan would cost, of which no node asks for more than there is. */
export function forecast(
  planned: readonly PlannedNode[],
  expected: Forecast['expected'],
  capacity: Capacity,
): Forecast {
  const tasks = planned.map(({ node }): DemandingTask => {
    const { name, demand } = node;
    return { name, needs: needsOf(node), demand, ms: expected.get(name) ?? 0 };
  });
  const longest = criticalPath(tasks);
  return {
    expected,
    unknown: [...expected].flatMap(([name, ms]) => (ms === undefined ? [name] : [])),
    criticalPath: longest.path.filter((name) => expected.has(name)),
    criticalPathMs: longest.ms,
    wallMs: simulateRun(tasks, capacity),
    cachedBytes: [...new Map(planned.flatMap((each) => [...cachedOutputs(each)])).values()].reduce((a, b) => a + b, 0),
    savedMs: planned.reduce((sum, each) => sum + savedMs(each), 0),
  };
}
