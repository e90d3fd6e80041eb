/**
 * The plan of a whole pipeline: what is cached, what runs and why, and what waits for something that runs.
 */
import { StepError } from '../../components/executor.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import { arrivalOf, type NodeEnd } from './arrival.js';
import { byPort, Planner, type Decision, type PlannerOptions } from './planner.js';

/** A node with what is to be done with it. */
export interface PlannedNode {
  readonly node: GraphNode;
  /**
   * - a decision, when all its inputs are known
   * - `waits`: something it needs runs first; whether it runs itself depends on what comes out
   * - `skipped`: it is not executed, for this reason
   * - `fails`: what its params name cannot be read, or its condition cannot be decided
   */
  readonly plan:
    | Decision
    | { readonly kind: 'waits'; readonly on: readonly string[] }
    | { readonly kind: 'skipped'; readonly reason: string }
    | { readonly kind: 'fails'; readonly error: StepError };
}

/** Plans every node, in the graph's order. */
export async function planPipeline(
  options: PlannerOptions,
  planner: Planner = new Planner(options),
): Promise<readonly PlannedNode[]> {
  const ends = new Map<string, NodeEnd>();
  const planned: PlannedNode[] = [];
  const known = options.store?.metadata.completedOf(options.graph.name);
  for (const node of options.graph.nodes) {
    try {
      const arrival = arrivalOf(node, ends);
      if (arrival.kind !== 'inputs') {
        if (arrival.kind === 'skipped') ends.set(node.name, { kind: 'skipped' });
        planned.push({ node, plan: arrival });
        continue;
      }
      const decision = await planner.decide(node, arrival.inputs, known);
      if (decision.kind === 'cached') {
        const { execution, outputs } = decision.from;
        ends.set(node.name, { kind: 'made', outputs: byPort(outputs), metrics: execution.metrics });
      }
      if (decision.kind === 'resolved') {
        ends.set(node.name, { kind: 'made', outputs: { [decision.port]: [decision.artifact] }, metrics: {} });
      } else if (decision.kind === 'skipped') ends.set(node.name, { kind: 'skipped' });
      planned.push({ node, plan: decision });
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      planned.push({ node, plan: { kind: 'fails', error } });
    }
  }
  return planned;
}
