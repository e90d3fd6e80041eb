/**
 * The part of a graph that the options of a command select.
 */
import { NodeNames } from '../graph/node-names.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import { selectNodes, type SelectedGraph } from '../graph/select-nodes.js';
import { RequestError } from '../source/request-error.js';
import type { SelectionArguments } from './arguments.js';

/** A selected graph with the nodes that are executed even when they are cached. */
export interface ForcedGraph extends SelectedGraph {
  readonly force: ReadonlySet<string>;
}

/**
 * Selects nodes by their names; that of a node with `for_each` means all its instances.
 *
 * @throws RequestError `unknown-node`, `nothing-selected`, `not-selected`
 */
export function selectGraph(
  graph: PipelineGraph,
  args: SelectionArguments & { readonly force: readonly string[] },
): ForcedGraph {
  const names = new NodeNames(graph.nodes);
  const meant = (option: 'from' | 'to' | 'only' | 'exclude' | 'force'): readonly string[] =>
    args[option].flatMap((name) => {
      const meaning = names.meaning(name);
      if (meaning !== undefined) return meaning;
      const message = `there is no node '${name.slice(0, 80)}' to --${option}`;
      throw new RequestError('unknown-node', message, names.suggest(name));
    });
  const force = new Set(meant('force'));
  const selection = { from: meant('from'), to: meant('to'), only: meant('only'), exclude: meant('exclude') };
  const selected = selectNodes(graph, selection);
  const left = new Set(selected.graph.nodes.map(({ name }) => name).filter((name) => !selected.fromCache.has(name)));
  if (left.size === 0) {
    throw new RequestError('nothing-selected', 'no node is selected', 'loosen --from, --to, --only or --exclude');
  }
  const lost = [...force].find((name) => !left.has(name));
  if (lost === undefined) return { ...selected, force };
  throw new RequestError('not-selected', `the node '${lost}' is forced, but not selected`, 'select it, too');
}
