/**
 * Finds a shortest cycle, the same one for the same graph: breadth first from each node in turn.
 */
import type { SourceRange } from '../source/source-file.js';

/** A node with what it needs, and where that is written. */
export interface NeedingNode {
  readonly name: string;
  readonly edges: readonly { readonly to: string; readonly range: SourceRange }[];
}

/** One edge of a cycle. */
export interface CycleEdge {
  readonly from: string;
  readonly to: string;
  readonly range: SourceRange;
}

/** Nodes that are on a cycle or reach one: what stays when nodes without needs are taken away again and again. */
function entangled(nodes: readonly NeedingNode[]): readonly NeedingNode[] {
  const known = new Set(nodes.map(({ name }) => name));
  const open = new Map<string, number>();
  const neededBy = new Map<string, string[]>();
  for (const { name, edges } of nodes) {
    const needs = edges.filter(({ to }) => known.has(to));
    open.set(name, needs.length);
    for (const { to } of needs) {
      const dependants = neededBy.get(to) ?? [];
      neededBy.set(to, dependants);
      dependants.push(name);
    }
  }
  const free = [...open].filter(([, count]) => count === 0).map(([name]) => name);
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    open.delete(name);
    for (const dependant of neededBy.get(name) ?? []) {
      const count = (open.get(dependant) ?? 0) - 1;
      open.set(dependant, count);
      if (count === 0) free.push(dependant);
    }
  }
  return nodes.filter(({ name }) => open.has(name));
}

/** The edges of a shortest cycle, beginning with its first node in the order given; undefined when there is none. */
export function findCycle(nodes: readonly NeedingNode[]): readonly CycleEdge[] | undefined {
  const tangled = entangled(nodes);
  const byName = new Map(tangled.map((node) => [node.name, node]));
  let shortest: readonly CycleEdge[] | undefined;
  // A few starting points suffice for a message; a large tangle would otherwise take quadratic time.
  for (const start of tangled.slice(0, 50)) {
    const reached = new Map<string, CycleEdge>();
    const queue = [start];
    for (let node = queue.shift(); node !== undefined && !reached.has(start.name); node = queue.shift()) {
      for (const { to, range } of node.edges) {
        const next = byName.get(to);
        if (next === undefined || reached.has(to)) continue;
        reached.set(to, { from: node.name, to, range });
        queue.push(next);
      }
    }
    const cycle: CycleEdge[] = [];
    for (
      let edge = reached.get(start.name);
      edge !== undefined;
      edge = edge.from === start.name ? undefined : reached.get(edge.from)
    ) {
      cycle.unshift(edge);
    }
    if (cycle.length > 0 && (shortest === undefined || cycle.length < shortest.length)) shortest = cycle;
  }
  return shortest;
}
