/**
 * Where in a document an offset lies: the keys that lead to it, and whether it is in a key or in a value.
 */
import type { Located, LocatedEntry, LocatedMapping } from '../config/located.js';
import type { SourceRange } from '../source/source-file.js';

/** A place in a document. */
export interface Spot {
  /** Keys and indices from the outside in; for a key, its own is the last. */
  readonly path: readonly (string | number)[];
  readonly part: 'key' | 'value';
  /** The entry of the key, or the entry whose value it is; undefined in lists and at the top. */
  readonly entry: LocatedEntry | undefined;
  readonly value: Located;
  /** The mapping that the key, or the entry, belongs to. */
  readonly mapping: LocatedMapping | undefined;
}

/** Whether an offset lies in a stretch, or just behind it. */
export function contains({ start, end }: SourceRange, offset: number): boolean {
  return start <= offset && offset <= end;
}

/** The innermost place at an offset; undefined outside of the document's value. */
export function spotAt(root: Located | undefined, offset: number): Spot | undefined {
  if (root === undefined || !contains(root.range, offset)) return undefined;
  let spot: Spot = { path: [], part: 'value', entry: undefined, value: root, mapping: undefined };
  for (;;) {
    const { value, path } = spot;
    if (value.kind === 'scalar') return spot;
    if (value.kind === 'list') {
      const index = value.items.findIndex(({ range }) => contains(range, offset));
      const item = value.items[index];
      if (item === undefined) return spot;
      spot = { path: [...path, index], part: 'value', entry: undefined, value: item, mapping: undefined };
      continue;
    }
    const entry = value.entries.find((each) => contains(each.keyRange, offset) || contains(each.value.range, offset));
    if (entry === undefined) return spot;
    const part = contains(entry.keyRange, offset) ? 'key' : 'value';
    spot = { path: [...path, entry.key], part, entry, value: entry.value, mapping: value };
    if (part === 'key') return spot;
  }
}
