/**
 * What comes to a node from those before it: its inputs, or that it is skipped, or that something is still to come.
 */
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import { celValue, type NodeFacts } from '../graph/condition.js';
import { needsOf, type GraphNode } from '../graph/pipeline-graph.js';

/** Artifacts by port, in order. */
export type ArtifactsByPort = Readonly<Record<string, readonly ArtifactRecord[]>>;

/** What a node has come to in this run. */
export type NodeEnd =
  | {
      readonly kind: 'made';
      readonly outputs: ArtifactsByPort;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'skipped' };

/** What comes to a node. */
export type Arrival =
  | { readonly kind: 'inputs'; readonly inputs: ArtifactsByPort }
  /** It is not executed, for this reason. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** These nodes have not come to an end. */
  | { readonly kind: 'waits'; readonly on: readonly string[] };

function factsOf({ outputs, metrics }: Extract<NodeEnd, { kind: 'made' }>): NodeFacts {
  return {
    metrics,
    outputs: Object.fromEntries(
      Object.entries(outputs).flatMap(([port, [artifact]]) => {
        if (artifact === undefined) return [];
        const properties = celValue(artifact.properties) as Readonly<Record<string, unknown>>;
        return [[port, { properties, bytes: BigInt(artifact.bytes) }] as const];
      }),
    ),
  };
}

/** Why the condition of a node keeps it from being executed; undefined when it does not. */
function unmet({ when }: GraphNode, ends: ReadonlyMap<string, NodeEnd>): string | undefined {
  if (when === undefined) return undefined;
  const nodes: Record<string, NodeFacts | readonly NodeFacts[]> = {};
  for (const [name, asked] of when.asked) {
    const made = asked.nodes.flatMap((each) => {
      const end = ends.get(each);
      return end?.kind === 'made' ? [factsOf(end)] : [];
    });
    const [only] = made;
    if (asked.group) nodes[name] = made;
    else if (only !== undefined) nodes[name] = only;
    else return `its condition asks about ${name}, which was skipped`;
  }
  return when.holds(nodes) ? undefined : `not so: ${when.text}`;
}

/**
 * Finds what comes to a node. What needs an output of a skipped node is skipped as well, unless the input is optional or
 * takes a list that others fill.
 *
 * @throws StepError when its condition fails
 */
export function arrivalOf(node: GraphNode, ends: ReadonlyMap<string, NodeEnd>): Arrival {
  const on = needsOf(node).filter((name) => !ends.has(name));
  if (on.length > 0) return { kind: 'waits', on };
  const reason = unmet(node, ends);
  if (reason !== undefined) return { kind: 'skipped', reason };
  const inputs: Record<string, readonly ArtifactRecord[]> = {};
  for (const [port, references] of Object.entries(node.inputs)) {
    const artifacts = references.flatMap(({ node: from, output }) => {
      const end = ends.get(from);
      return end?.kind === 'made' ? (end.outputs[output] ?? []) : [];
    });
    if (artifacts.length > 0) inputs[port] = artifacts;
    else if (node.spec.inputs[port]?.optional !== true) {
      const [first] = references.map((reference) => `${reference.node}.${reference.output}`);
      const missing = `${String(first)}${references.length > 1 ? ` and ${String(references.length - 1)} more` : ''}`;
      return { kind: 'skipped', reason: `needs ${missing}, which ${references.length > 1 ? 'were' : 'was'} skipped` };
    }
  }
  return { kind: 'inputs', inputs };
}
