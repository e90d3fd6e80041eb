/**
 * The part of a graph that the options of a command select.
 */
import { suggest } from '../config/fields.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import { selectNodes, type SelectedGraph } from '../graph/select-nodes.js';
import { CommandError, type SelectionArguments } from './command.js';

/** A selected graph with the nodes that are executed even when they are cached. */
export interface ForcedGraph extends SelectedGraph {
  readonly force: ReadonlySet<string>;
}

/**
 * Selects nodes by their names.
 *
 * @throws CommandError `unknown-node`, `nothing-selected`, `not-selected`
 */
export function selectGraph(
  graph: PipelineGraph,
  args: SelectionArguments & { readonly force: readonly string[] },
): ForcedGraph {
  const known = graph.nodes.map(({ name }) => name);
  for (const option of ['from', 'to', 'only', 'exclude', 'force'] as const) {
    const unknown = args[option].find((name) => !known.includes(name));
    if (unknown === undefined) continue;
    const message = `there is no node '${unknown.slice(0, 80)}' to --${option}`;
    throw new CommandError('unknown-node', message, suggest(unknown, known));
  }
  const selected = selectNodes(graph, args);
  const names = selected.graph.nodes.map(({ name }) => name).filter((name) => !selected.fromCache.has(name));
  if (names.length === 0) {
    throw new CommandError('nothing-selected', 'no node is selected', 'loosen --from, --to, --only or --exclude');
  }
  const left = args.force.find((name) => !names.includes(name));
  if (left === undefined) return { ...selected, force: new Set(args.force) };
  throw new CommandError('not-selected', `the node '${left}' is forced, but not selected`, 'select it, too');
}
