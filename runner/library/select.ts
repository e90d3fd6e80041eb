/**
 * The part of a pipeline that a program plans or runs.
 */
import { suggest } from '../config/fields.js';
import { selectNodes, type SelectedGraph } from '../graph/select-nodes.js';
import { graphOf, type Pipeline } from './pipeline.js';
import { PipelineError } from './pipeline-error.js';

/** Which nodes are meant, by their names; without any, all. */
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
  const known = pipeline.nodes.map(({ name }) => name);
  const unknown = [from, to, only, exclude, force].flat().find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new PipelineError('unknown-node', `there is no node '${unknown}'`, suggest(unknown, known));
  }
  const selected = selectNodes(graphOf(pipeline), { from, to, only, exclude });
  if (selected.graph.nodes.length > selected.fromCache.size) return { ...selected, force: new Set(force) };
  throw new PipelineError('nothing-selected', 'no node is selected', 'loosen from, to, only or exclude');
}
