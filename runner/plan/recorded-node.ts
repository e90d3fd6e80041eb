/**
 * Nodes that are made of what an earlier run was made of, wholly or in part, in place of what their files hold now. What an
 * earlier execution made of the same stands for them; where none did, they are executed if that can be done.
 */
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { Ingredients } from './node-fingerprint.js';

/** Such a node. */
export interface RecordedNode {
  /** Answers with what is on record. */
  readonly ingredients: Ingredients;
  /** The node as it is executed, its user code restored; or what it lacks for that. */
  readonly execution: { readonly node: GraphNode } | { readonly lacks: string };
}

/** What is taken from an earlier run. */
export interface RecordedNodes {
  readonly nodes: ReadonlyMap<string, RecordedNode>;
  /** What nodes that look for an artifact are to find. */
  readonly resolved: ReadonlyMap<string, Digest>;
}
