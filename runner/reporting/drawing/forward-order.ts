/**
 * An order in which arrows point forward, as far as there is one.
 */
import type { Arrow } from './drawing.js';

/** What is needed by whom: the ends of arrows by their heads. */
export function sourcesOf(arrows: readonly Pick<Arrow, 'from' | 'to'>[]): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>();
  for (const { from, to } of arrows) {
    const known = sources.get(to);
    if (known === undefined) sources.set(to, [from]);
    else known.push(from);
  }
  return sources;
}

/** Puts names after all that they need, and otherwise leaves them in their order. Arrows of a circle may point back. */
export function forwardOrder(
  names: readonly string[],
  arrows: readonly Pick<Arrow, 'from' | 'to'>[],
): readonly string[] {
  const sources = sourcesOf(arrows);
  const known = new Set(names);
  const met = new Set<string>();
  const ordered: string[] = [];
  // A stack of its own: a graph may be deeper than calls may be.
  const stack: { readonly name: string; next: number }[] = [];
  const meet = (name: string): void => {
    if (met.has(name) || !known.has(name)) return;
    met.add(name);
    stack.push({ name, next: 0 });
  };
  for (const name of names) {
    meet(name);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const source = sources.get(top.name)?.[top.next++];
      if (source !== undefined) meet(source);
      else {
        ordered.push(top.name);
        stack.pop();
      }
    }
  }
  return ordered;
}
