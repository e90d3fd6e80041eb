/**
 * Where nodes, params, inputs and fragments are named, in a file and in the fragments that it includes: at their definition,
 * in references, placeholders and conditions. What is told at one of these places, looked up or renamed, goes by this list.
 */
import type { Located } from '../config/located.js';
import { INPUTS } from '../config/name-scope.js';
import type { SourceRange } from '../source/source-file.js';
import { itemsOf, mappingIn, valueIn, type Outline } from './outline.js';

/** A name, at one place. The name of an included node has several: that of its fragment, and its own there. */
export interface Occurrence {
  readonly kind: 'node' | 'param' | 'input' | 'fragment';
  readonly name: string;
  /** Absolute path of the file that defines it. */
  readonly owner: string;
  readonly range: SourceRange;
  /** Absolute path of the file that it stands in. */
  readonly path: string;
  readonly isDefinition: boolean;
}

/** A name as it is written. */
interface Written {
  readonly name: string;
  readonly range: SourceRange;
}

/** Each match of a pattern in the text of a value, as it is written; its first group is the name. */
function named(value: Located, pattern: RegExp): readonly Written[] {
  if (value.kind !== 'scalar' || typeof value.value !== 'string') return [];
  const { file, start, end } = value.range;
  return [...file.text.slice(start, end).matchAll(pattern)].flatMap(({ 0: match, 1: name, index }) => {
    if (name === undefined) return [];
    const from = start + index + match.lastIndexOf(name);
    return [{ name, range: { file, start: from, end: from + name.length } }];
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
/** An input of the fragment as a reference. */
const INPUT = new RegExp(`^["']?${INPUTS}\\.([A-Za-z][\\w-]*)`, 'gu');
/** A param in a placeholder; `$${` is no placeholder. */
const PLACEHOLDER = /(?<!\$)\$\{\s*params\.([A-Za-z][\w-]*)\s*\}/gu;
const NODE_IN_CONDITION = /\bnodes(?:\.|\[\s*\\?["'])([A-Za-z][\w-]*)/gu;
const PARAM_IN_CONDITION = /\bparams(?:\.|\[\s*\\?["'])([A-Za-z][\w-]*)/gu;

/** The parts of a node's name: the fragments that it stands in, from the outside in, and its name in the last one. */
function nodeParts({ name, range }: Written, outline: Outline, path: string): readonly Occurrence[] {
  const own = { kind: 'node', name, owner: outline.path, range, path, isDefinition: false } as const;
  if (outline.ownNodes.has(name) || !outline.nodes.has(name)) return [own];
  for (const { as, outline: inner } of outline.includes) {
    const prefix = `${as.value}_`;
    if (!name.startsWith(prefix) || !inner.nodes.has(name.slice(prefix.length))) continue;
    const middle = range.start + prefix.length;
    const rest = { name: name.slice(prefix.length), range: { ...range, start: middle } };
    return [
      { ...own, kind: 'fragment', name: as.value, range: { ...range, end: middle - 1 } },
      ...nodeParts(rest, inner, path),
    ];
  }
  return [own];
}

/** What is named in one file, without the fragments that it includes. */
function occurrencesInFile(outline: Outline): readonly Occurrence[] {
  const { path, root, ownNodes, params, inputs, includes } = outline;
  const found: Occurrence[] = [];
  const add = (kind: Occurrence['kind'], { name, range }: Written, owner = path, isDefinition = false): void => {
    found.push({ kind, name, owner, range, path, isDefinition });
  };
  const placeholders = (value: Located): void => {
    for (const each of scalarsIn(value)) for (const written of named(each, PLACEHOLDER)) add('param', written);
  };
  const nodes = (value: Located, pattern: RegExp): void => {
    for (const written of named(value, pattern)) found.push(...nodeParts(written, outline, path));
  };
  const reference = (value: Located): void => {
    const given = inputs.size === 0 ? [] : named(value, INPUT);
    for (const written of given) add('input', written);
    if (given.length === 0) nodes(value, REFERENCE);
  };
  for (const { key: name, keyRange: range } of params.values()) add('param', { name, range }, path, true);
  for (const { key: name, keyRange: range } of inputs.values()) add('input', { name, range }, path, true);
  for (const section of ['on_success', 'on_failure', 'include']) {
    const value = valueIn(root, section);
    if (value !== undefined) placeholders(value);
  }
  for (const include of itemsOf(valueIn(root, 'include'))) {
    const given = (mappingIn(include, 'inputs')?.entries ?? []).flatMap(({ value }) => itemsOf(value));
    for (const each of given) reference(each);
  }
  for (const { as, params: given, inputs: wired, outline: inner } of includes) {
    for (const written of named({ kind: 'scalar', ...as }, REFERENCE)) add('fragment', written, path, true);
    for (const { key: name, keyRange: range } of given) add('param', { name, range }, inner.path);
    for (const { key: name, keyRange: range } of wired) add('input', { name, range }, inner.path);
  }
  for (const { name, entry } of ownNodes.values()) {
    add('node', { name, range: entry.keyRange }, path, true);
    const wired = (mappingIn(entry.value, 'inputs')?.entries ?? []).flatMap(({ value }) => itemsOf(value));
    for (const each of [...wired, ...itemsOf(valueIn(entry.value, 'after'))]) reference(each);
    const when = valueIn(entry.value, 'when');
    if (when !== undefined) {
      nodes(when, NODE_IN_CONDITION);
      for (const written of named(when, PARAM_IN_CONDITION)) add('param', written);
    }
    placeholders(entry.value);
  }
  return found;
}

/** A file and all fragments below it, each once. */
function filesIn(outlines: readonly Outline[]): readonly Outline[] {
  const files = new Map<string, Outline>();
  const add = (outline: Outline): void => {
    if (files.has(outline.path)) return;
    files.set(outline.path, outline);
    for (const { outline: inner } of outline.includes) add(inner);
  };
  outlines.forEach(add);
  return [...files.values()];
}

/** All occurrences in files and in what they include, in no particular order. */
export function occurrencesIn(outlines: readonly Outline[]): readonly Occurrence[] {
  return filesIn(outlines).flatMap(occurrencesInFile);
}

/** All places where what stands at an offset is named. */
export function sameAs({ kind, name, owner }: Occurrence, all: readonly Occurrence[]): readonly Occurrence[] {
  return all.filter((other) => other.kind === kind && other.name === name && other.owner === owner);
}
