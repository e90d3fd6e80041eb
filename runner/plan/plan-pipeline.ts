/**
 * The plan of a whole pipeline: what is cached, what runs and why, and what waits for something that runs.
 */
import { StepError } from '../../components/executor.js';
import { needsOf, type GraphNode } from '../graph/pipeline-graph.js';
import { byPort, inputsOf, Planner, type ArtifactsByPort, type Decision, type PlannerOptions } from './planner.js';

/** A node with what is to be done with it. */
export interface PlannedNode {
  readonly node: GraphNode;
  /**
   * - a decision, when all its inputs are known
   * - `waits`: something it needs runs first; whether it runs itself depends on what comes out
   * - `fails`: what its params name cannot be read
   */
  readonly plan:
    | Decision
    | { readonly kind: 'waits'; readonly on: readonly string[] }
    | { readonly kind: 'fails'; readonly error: StepError };
}

/** Plans every node, in the graph's order. */
export async function planPipeline(
  options: PlannerOptions,
  planner: Planner = new Planner(options),
): Promise<readonly PlannedNode[]> {
  const outputs = new Map<string, ArtifactsByPort>();
  const planned: PlannedNode[] = [];
  for (const node of options.graph.nodes) {
    const inputs = inputsOf(node, outputs);
    if (inputs === undefined) {
      planned.push({ node, plan: { kind: 'waits', on: needsOf(node).filter((name) => !outputs.has(name)) } });
      continue;
    }
    try {
      const decision = await planner.decide(node, inputs);
      if (decision.kind === 'cached') outputs.set(node.name, byPort(decision.from.outputs));
      planned.push({ node, plan: decision });
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      planned.push({ node, plan: { kind: 'fails', error } });
    }
  }
  return planned;
}
