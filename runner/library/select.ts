/**
 * The part of a pipeline that a program plans or runs.
 */
import { NodeNames } from '../graph/node-names.js';
import { selectNodes, type SelectedGraph } from '../graph/select-nodes.js';
import { graphOf, type Pipeline } from './pipeline.js';
import { PipelineError } from './pipeline-error.js';

/** Which nodes are meant, by their names; without any, all. That of a node with `for_each` means all its instances. */
export interface SelectOptions {
  /** Only these nodes and what comes after them. */
  readonly from?: readonly string[];
  /** Only these nodes and what they need. */
  readonly to?: readonly string[];
  /** Just these nodes; what they need must be cached. */
  readonly only?: readonly string[];
  /** Neither these nodes nor what comes after them. */
  readonly exclude?: readonly string[];
  /** Nodes that are executed though they are cached. */
  readonly force?: readonly string[];
}

/**
 * Selects nodes.
 *
 * @throws PipelineError `unknown-node`, `nothing-selected`
 */
export function select(
  pipeline: Pipeline,
  { from = [], to = [], only = [], exclude = [], force = [] }: SelectOptions,
): SelectedGraph & { readonly force: ReadonlySet<string> } {
  const graph = graphOf(pipeline);
  const names = new NodeNames(graph.nodes);
  const meant = (given: readonly string[]): readonly string[] =>
    given.flatMap((name) => {
      const meaning = names.meaning(name);
      if (meaning !== undefined) return meaning;
      throw new PipelineError('unknown-node', `there is no node '${name}'`, names.suggest(name));
    });
  const forced = new Set(meant(force));
  const selection = { from: meant(from), to: meant(to), only: meant(only), exclude: meant(exclude) };
  const selected = selectNodes(graph, selection);
  if (selected.graph.nodes.length > selected.fromCache.size) return { ...selected, force: forced };
  throw new PipelineError('nothing-selected', 'no node is selected', 'loosen from, to, only or exclude');
}
