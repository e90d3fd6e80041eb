/**
 * A document as values that know where they stand. Ranges come from the parser and are never guessed again.
 */
import { describeValue } from '../../components/params.js';
import type { SourceRange } from '../source/source-file.js';

/** A value with its place. */
export interface Placed<T> {
  readonly value: T;
  readonly range: SourceRange;
}

/** A scalar, list or mapping with its place. */
export type Located = LocatedScalar | LocatedList | LocatedMapping;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly range: SourceRange;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly items: readonly Located[];
  readonly range: SourceRange;
}

/** One key of a mapping. */
export interface LocatedEntry {
  readonly key: string;
  readonly keyRange: SourceRange;
  readonly value: Located;
}

export interface LocatedMapping {
  readonly kind: 'mapping';
  readonly entries: readonly LocatedEntry[];
  readonly range: SourceRange;
}

/** The plain data of a located value. */
export function plain(located: Located): unknown {
  switch (located.kind) {
    case 'scalar':
      return located.value;
    case 'list':
      return located.items.map(plain);
    case 'mapping':
      // Entries, not assignment: a key named __proto__ must stay a key.
      return Object.fromEntries(located.entries.map(({ key, value }) => [key, plain(value)]));
  }
}

/** The entry of a key. */
export function entryOf(mapping: LocatedMapping, key: string): LocatedEntry | undefined {
  return mapping.entries.find((entry) => entry.key === key);
}

/** The place of what stands at a path, or of the nearest value around it. */
export function rangeAt(located: Located, path: readonly (string | number)[], atKey: boolean): SourceRange {
  let current = located;
  let range = located.range;
  for (const step of path) {
    if (current.kind === 'mapping' && typeof step === 'string') {
      const entry = entryOf(current, step);
      if (entry === undefined) return range;
      current = entry.value;
      range = atKey ? entry.keyRange : entry.value.range;
    } else if (current.kind === 'list' && typeof step === 'number') {
      const item = current.items[step];
      if (item === undefined) return range;
      current = item;
      range = item.range;
    } else return range;
  }
  return range;
}

/** How a located value is named in messages. */
export function describeLocated(located: Located): string {
  if (located.kind === 'list') return 'a list';
  if (located.kind === 'mapping') return 'a mapping';
  return located.value === null ? 'nothing' : describeValue(located.value);
}
