/**
 * A pipeline as a drawing: a box a node with its component, arrows with the types of what goes along them.
 */
import type { GatheredNode } from '../../graph/gather-instances.js';
import type { Arrow, Box, Drawing } from './drawing.js';
import type { NodeState } from '../text/style.js';

/** Values of `for_each` that are written out. */
const SHOWN_VALUES = 6;

/** What is shown of one value. */
function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `mode: float32, int8`, a line a key. */
export function eachLines({ each }: Pick<GatheredNode, 'each'>): readonly string[] {
  return Object.entries(each).map(([key, values]) => {
    const more = values.length > SHOWN_VALUES ? ', …' : '';
    return `${key}: ${values.slice(0, SHOWN_VALUES).map(valueText).join(', ')}${more}`;
  });
}

/** Its name, with how many instances it has. */
export function titleOf({ name, each, instances }: GatheredNode): string {
  return Object.keys(each).length === 0 ? name : `${name} ×${String(instances.length)}`;
}

/** Arrows between nodes, one for each two, under their names. */
export function arrowsOf(nodes: readonly GatheredNode[]): readonly Arrow[] {
  return nodes.flatMap(({ name, inputs, follows }) => {
    const types = new Map<string, Set<string>>();
    for (const { node, type } of inputs) types.set(node, (types.get(node) ?? new Set()).add(type));
    return [
      ...[...types].map(([from, labels]) => ({ from, to: name, labels: [...labels], isOrder: false })),
      ...follows.map((from) => ({ from, to: name, labels: [], isOrder: true })),
    ];
  });
}

/** States in which a whole of several is, the first one that any of them is in. */
const PRECEDENCE: readonly NodeState[] = [
  'failed',
  'running',
  'canceled',
  'abandoned',
  'waiting',
  'complete',
  'cached',
  'skipped',
];

/** The state of a whole whose parts are in these states. */
export function combinedState(states: readonly NodeState[]): NodeState | undefined {
  return PRECEDENCE.find((state) => states.includes(state));
}

/** How a node's instances stand together; undefined without a run. */
export function stateOf(
  { instances }: GatheredNode,
  states: ReadonlyMap<string, NodeState> | undefined,
): NodeState | undefined {
  if (states === undefined) return undefined;
  return combinedState(instances.map(({ name }) => states.get(name) ?? 'waiting'));
}

/**
 * Draws a pipeline.
 *
 * @param states - of the nodes in a run, by name
 */
export function pipelineDrawing(
  nodes: readonly GatheredNode[],
  states: ReadonlyMap<string, NodeState> | undefined,
): Drawing {
  const ids = new Map(nodes.map(({ name }, index) => [name, `n${String(index)}`]));
  const id = (name: string): string => ids.get(name) ?? name;
  return {
    boxes: nodes.map((node): Box => ({
      id: id(node.name),
      lines: [
        titleOf(node),
        node.component,
        ...eachLines(node),
        ...(node.when === undefined ? [] : [`when ${node.when}`]),
      ],
      shape: 'square',
      isRoot: false,
      isConditional: node.when !== undefined,
      state: stateOf(node, states),
    })),
    arrows: arrowsOf(nodes).map((arrow) => ({ ...arrow, from: id(arrow.from), to: id(arrow.to) })),
  };
}
