/**
 * Where nodes and params of a pipeline are named: at their definition, in references, placeholders and conditions. What
 * is told at one of these places, looked up or renamed, goes by this list.
 */
import type { Located } from '../config/located.js';
import type { SourceRange } from '../source/source-file.js';
import { itemsOf, mappingIn, valueIn, type Outline } from './outline.js';

/** A name of a node or param, at one place. */
export interface Occurrence {
  readonly kind: 'node' | 'param';
  readonly name: string;
  readonly range: SourceRange;
  readonly isDefinition: boolean;
}

/** Each match of a pattern in the text of a value, as it is written; its first group is the name. */
function named(kind: Occurrence['kind'], value: Located, pattern: RegExp): readonly Occurrence[] {
  if (value.kind !== 'scalar' || typeof value.value !== 'string') return [];
  const { file, start, end } = value.range;
  return [...file.text.slice(start, end).matchAll(pattern)].flatMap(({ 0: match, 1: name, index }) => {
    if (name === undefined) return [];
    const from = start + index + match.lastIndexOf(name);
    return [{ kind, name, range: { file, start: from, end: from + name.length }, isDefinition: false }];
  });
}

function scalarsIn(value: Located): readonly Located[] {
  if (value.kind === 'scalar') return [value];
  return value.kind === 'list'
    ? value.items.flatMap(scalarsIn)
    : value.entries.flatMap((each) => scalarsIn(each.value));
}

/** A node at the beginning of a reference, maybe quoted. */
const REFERENCE = /^["']?([A-Za-z][\w-]*)/gu;
/** A param in a placeholder; `$${` is no placeholder. */
const PLACEHOLDER = /(?<!\$)\$\{\s*params\.([A-Za-z][\w-]*)\s*\}/gu;
const NODE_IN_CONDITION = /\bnodes(?:\.|\[\s*\\?["'])([A-Za-z][\w-]*)/gu;
const PARAM_IN_CONDITION = /\bparams(?:\.|\[\s*\\?["'])([A-Za-z][\w-]*)/gu;

/** All occurrences, in no particular order. */
export function occurrencesIn({ root, nodes, params }: Outline): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (const { key: name, keyRange: range } of params.values()) {
    found.push({ kind: 'param', name, range, isDefinition: true });
  }
  for (const section of ['on_success', 'on_failure', 'include']) {
    const value = valueIn(root, section);
    if (value !== undefined) for (const each of scalarsIn(value)) found.push(...named('param', each, PLACEHOLDER));
  }
  for (const include of itemsOf(valueIn(root, 'include'))) {
    const given = (mappingIn(include, 'inputs')?.entries ?? []).flatMap(({ value }) => itemsOf(value));
    for (const each of given) found.push(...named('node', each, REFERENCE));
  }
  for (const { name, entry } of nodes.values()) {
    found.push({ kind: 'node', name, range: entry.keyRange, isDefinition: true });
    const inputs = (mappingIn(entry.value, 'inputs')?.entries ?? []).flatMap(({ value }) => itemsOf(value));
    for (const each of [...inputs, ...itemsOf(valueIn(entry.value, 'after'))]) {
      found.push(...named('node', each, REFERENCE));
    }
    const when = valueIn(entry.value, 'when');
    if (when !== undefined) {
      found.push(...named('node', when, NODE_IN_CONDITION), ...named('param', when, PARAM_IN_CONDITION));
    }
    for (const each of scalarsIn(entry.value)) found.push(...named('param', each, PLACEHOLDER));
  }
  return found;
}

/** All places where what stands at an offset is named. */
export function sameAs({ kind, name }: Occurrence, all: readonly Occurrence[]): readonly Occurrence[] {
  return all.filter((other) => other.kind === kind && other.name === name);
}
