/**
 * The changes between two runs as a bisection can switch them. What was made of data that are gone stands in the store, but
 * only as it was made: once anything else is switched that went into it, or into what it came from, so must the data be.
 */
import type { PipelineGraph } from '../../graph/pipeline-graph.js';
import { withNeeds } from '../../graph/select-nodes.js';
import type { Change } from './changes.js';
import type { Mixture } from './mixture.js';

/** Changes that are switched together. */
export interface Switch {
  readonly name: string;
  /** One, unless several cannot be told apart. */
  readonly changes: readonly Change[];
  /** Names of all other switches without which this one cannot be tried. */
  readonly requires: readonly string[];
  /** Why changes cannot be told apart, or need others; undefined where they need none. */
  readonly because: string | undefined;
}

/** What a change is called beside others. */
export function changeName({ kind, name }: Change): string {
  return kind === 'param' || kind === 'value' ? name : `${name} (${kind})`;
}

/** Nodes that differ between two graphs of a pipeline file, since a param of the pipeline does. */
export function touchedNodes(before: PipelineGraph, after: PipelineGraph): ReadonlySet<string> {
  const texts = ({ nodes }: PipelineGraph): ReadonlyMap<string, string> =>
    new Map(
      nodes.map(({ name, params, env, seed, inputs, when }) => [
        name,
        JSON.stringify([params, env, seed, inputs, when?.text]),
      ]),
    );
  const [old, now] = [texts(before), texts(after)];
  return new Set([...old.keys(), ...now.keys()].filter((name) => old.get(name) !== now.get(name)));
}

/** Which changes cannot be tried without which others, and why. */
class Needs {
  readonly #needs = new Map<Change, Set<Change>>();
  readonly #reasons = new Map<Change, Set<string>>();

  add(change: Change, needed: Change, reason: string): void {
    if (change === needed) return;
    this.#needs.set(change, (this.#needs.get(change) ?? new Set()).add(needed));
    this.#reasons.set(change, (this.#reasons.get(change) ?? new Set()).add(reason));
  }

  /** All that a change needs, directly or not, itself included. */
  of(change: Change): ReadonlySet<Change> {
    const found = new Set([change]);
    for (const each of found) for (const needed of this.#needs.get(each) ?? []) found.add(needed);
    return found;
  }

  reasons(changes: readonly Change[]): string | undefined {
    const found = new Set(changes.flatMap((change) => [...(this.#reasons.get(change) ?? [])]));
    return found.size === 0 ? undefined : [...found].join(', ');
  }
}

/** Where a mixture lacks something, it must be as in its run: what has been switched must not, or all must be. */
async function needsOf(
  changes: readonly Change[],
  ends: Readonly<Record<'none' | 'all', Mixture>>,
  nodesOf: (change: Change) => Promise<ReadonlySet<string>>,
): Promise<Needs> {
  const needs = new Needs();
  for (const [end, { graph, recorded, lacking }] of Object.entries(ends)) {
    for (const [name, keys] of lacking) {
      const execution = recorded.nodes.get(name)?.execution;
      const reason = execution !== undefined && 'lacks' in execution ? execution.lacks : '';
      const made = withNeeds([name], graph.nodes);
      const bound: Change[] = [];
      for (const change of changes) if ([...(await nodesOf(change))].some((node) => made.has(node))) bound.push(change);
      const missing = bound.filter(({ key }) => keys.has(key));
      // What neither run can be had of any more binds all that it was made with.
      const isLost = missing.length < keys.size;
      for (const change of bound) {
        for (const other of bound) {
          if (isLost || (end === 'none' ? missing.includes(other) : missing.includes(change))) {
            needs.add(change, other, reason);
          }
        }
      }
    }
  }
  return needs;
}

/**
 * Finds what can be switched, in an order in which each comes after those that it requires.
 *
 * @param ends - the mixtures with no change and with all of them
 * @param nodesOf - the nodes that a change goes into
 */
export async function switchesOf(
  changes: readonly Change[],
  ends: Readonly<Record<'none' | 'all', Mixture>>,
  nodesOf: (change: Change) => Promise<ReadonlySet<string>>,
): Promise<readonly Switch[]> {
  const needs = await needsOf(changes, ends, nodesOf);
  const together = (change: Change): readonly Change[] =>
    changes.filter((other) => needs.of(change).has(other) && needs.of(other).has(change));
  const nameOf = (group: readonly Change[]): string => group.map(changeName).join(' + ');
  const switches = new Map<string, Switch>();
  for (const change of changes) {
    const group = together(change);
    const name = nameOf(group);
    const requires = [...needs.of(change)].map((needed) => nameOf(together(needed))).filter((other) => other !== name);
    switches.set(name, { name, changes: group, requires: [...new Set(requires)], because: needs.reasons(group) });
  }
  // What is required has less that it requires itself.
  return [...switches.values()].sort((a, b) => a.requires.length - b.requires.length);
}
