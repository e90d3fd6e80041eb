/**
 * Which nodes a written name means: the node of that name, or all instances of one that has `for_each`.
 */
import { suggest } from '../config/fields.js';
import { withoutInstance } from '../config/node-name.js';

/** A node as names see it. */
export interface NamedNode {
  readonly name: string;
  /** The name that it shares with the other instances of its node; undefined without `for_each`. */
  readonly group: string | undefined;
}

/** The names of a pipeline's nodes. */
export class NodeNames {
  readonly #meaning = new Map<string, string[]>();
  /** Names that stand in the file: nodes and groups. */
  readonly #written = new Set<string>();
  readonly #groups = new Set<string>();

  /** @param prefix - what names are written without: that of the nodes of a fragment */
  constructor(nodes: Iterable<NamedNode>, prefix = '') {
    for (const { name, group: whole } of nodes) {
      const group = whole?.slice(prefix.length);
      this.#meaning.set(name.slice(prefix.length), [name]);
      this.#written.add(group ?? name.slice(prefix.length));
      if (group === undefined) continue;
      this.#groups.add(group);
      const instances = this.#meaning.get(group) ?? [];
      this.#meaning.set(group, instances);
      instances.push(name);
    }
  }

  /** The nodes that a name means, in order; undefined when there is none. */
  meaning(name: string): readonly string[] | undefined {
    return this.#meaning.get(name);
  }

  /** Whether a name means all instances of a node. */
  isGroup(name: string): boolean {
    return this.#groups.has(name);
  }

  /** What a name that means nothing could have meant. */
  suggest(name: string): string | undefined {
    const instances = this.#meaning.get(withoutInstance(name));
    return suggest(name, name.includes('[') && instances !== undefined ? instances : [...this.#written]);
  }
}
