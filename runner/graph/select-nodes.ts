/**
 * Which nodes of a graph a run may execute: from here, up to there, only these, without those. It follows edges; what
 * becomes of the nodes that are needed but not selected is the planner's business.
 */
import { needsOf, type GraphNode, type PipelineGraph } from './pipeline-graph.js';

/** What a user selects by; names of nodes of the graph. Empty lists do not narrow anything. */
export interface Selection {
  /** These nodes and all that comes after them. */
  readonly from: readonly string[];
  /** These nodes and all that they need. */
  readonly to: readonly string[];
  /** Just these nodes. */
  readonly only: readonly string[];
  /** Neither these nodes nor what comes after them. */
  readonly exclude: readonly string[];
}

/** A graph without what a run has nothing to do with. */
export interface SelectedGraph {
  /** The selected nodes and all that they need. */
  readonly graph: PipelineGraph;
  /** Nodes that are needed, but not selected: only what an earlier run made of them may be used. */
  readonly fromCache: ReadonlySet<string>;
}

/** These nodes and all that they need, directly or not. */
export function withNeeds(names: Iterable<string>, nodes: readonly GraphNode[]): Set<string> {
  const found = new Set(names);
  // Against the order: a node is seen before all that it needs.
  for (const node of nodes.toReversed()) if (found.has(node.name)) for (const need of needsOf(node)) found.add(need);
  return found;
}

/** These nodes and all that comes after them, directly or not. */
function withDependants(names: Iterable<string>, nodes: readonly GraphNode[]): Set<string> {
  const found = new Set(names);
  for (const node of nodes) if (needsOf(node).some((need) => found.has(need))) found.add(node.name);
  return found;
}

/** Selects nodes: what is in all of `from`, `to` and `only` that were given, and not in `exclude`. */
export function selectNodes(graph: PipelineGraph, { from, to, only, exclude }: Selection): SelectedGraph {
  const { nodes } = graph;
  const excluded = withDependants(exclude, nodes);
  const narrowings = [
    ...(from.length === 0 ? [] : [withDependants(from, nodes)]),
    ...(to.length === 0 ? [] : [withNeeds(to, nodes)]),
    ...(only.length === 0 ? [] : [new Set(only)]),
  ];
  const selected = nodes
    .map(({ name }) => name)
    .filter((name) => !excluded.has(name) && narrowings.every((narrowing) => narrowing.has(name)));
  const kept = withNeeds(selected, nodes);
  const isSelected = new Set(selected);
  return {
    graph: { ...graph, nodes: nodes.filter(({ name }) => kept.has(name)) },
    fromCache: new Set([...kept].filter((name) => !isSelected.has(name))),
  };
}
