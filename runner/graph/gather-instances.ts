/**
 * A graph as its file has it: the instances of a node with `for_each` as the one node that they are of.
 */
import { needsOf, type GraphNode, type PipelineGraph } from './pipeline-graph.js';

/** What comes into a node at a port. */
export interface GatheredInput {
  readonly port: string;
  /** Name of the node that makes it, and its output. */
  readonly node: string;
  readonly output: string;
  /** Name of the artifact type. */
  readonly type: string;
}

/** A node as the file has it. */
export interface GatheredNode {
  readonly name: string;
  readonly component: string;
  readonly description: string | undefined;
  /** One, or as many as `for_each` makes. */
  readonly instances: readonly GraphNode[];
  /** The values of `for_each` by key. */
  readonly each: Readonly<Record<string, readonly unknown[]>>;
  readonly inputs: readonly GatheredInput[];
  /** Names of artifact types by port. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Nodes that it needs without taking anything from them. */
  readonly follows: readonly string[];
  /** Text of its condition. */
  readonly when: string | undefined;
}

function valuesOf(instances: readonly GraphNode[]): GatheredNode['each'] {
  const keys = Object.keys(instances[0]?.each ?? {});
  return Object.fromEntries(
    keys.map((key) => [
      key,
      [...new Map(instances.map(({ each }) => [JSON.stringify(each[key]), each[key]])).values()],
    ]),
  );
}

/** Gathers the nodes of a graph, in the order of the first instances. */
export function gatherInstances({ nodes }: Pick<PipelineGraph, 'nodes'>): readonly GatheredNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const written = (name: string): string => byName.get(name)?.group ?? name;
  const groups = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const group = groups.get(written(node.name));
    if (group === undefined) groups.set(written(node.name), [node]);
    else group.push(node);
  }
  return [...groups].map(([name, instances]): GatheredNode => {
    const [first] = instances as [GraphNode, ...GraphNode[]];
    const inputs = new Map<string, GatheredInput>();
    for (const instance of instances) {
      for (const [port, references] of Object.entries(instance.inputs)) {
        for (const { node, output } of references) {
          const type = byName.get(node)?.outputs[output]?.name ?? '';
          const input = { port, node: written(node), output, type };
          inputs.set([port, input.node, output].join(' '), input);
        }
      }
    }
    const makers = new Set([...inputs.values()].map(({ node }) => node));
    const needed = new Set(instances.flatMap((instance) => needsOf(instance).map(written)));
    return {
      name,
      component: first.spec.name,
      description: first.description,
      instances,
      each: valuesOf(instances),
      inputs: [...inputs.values()],
      outputs: Object.fromEntries(Object.entries(first.outputs).map(([port, type]) => [port, type.name])),
      follows: [...needed].filter((need) => need !== name && !makers.has(need)),
      when: first.when?.text,
    };
  });
}
