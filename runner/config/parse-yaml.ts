/**
 * From text to located values. It takes any text without throwing and in bounded time: what the syntax may ask for is
 * limited in yaml-document.ts, repetition here.
 */
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Diagnostic } from '../source/diagnostic.js';
import type { DiagnosticCode } from '../source/diagnostic-codes.js';
import type { SourceFile, SourceRange } from '../source/source-file.js';
import type { Located, LocatedEntry } from './located.js';
import { readYamlDocument } from './yaml-document.js';
import { MAX_DEPTH } from './yaml-nesting.js';

/** Most values in a document, aliases expanded. */
const MAX_VALUES = 2_000_000;
/** Most values that aliases may add. */
const MAX_ALIASED = 100_000;

/** A parsed document, or undefined when it cannot be used, with all that is wrong with it. */
export interface ParsedYaml {
  readonly root: Located | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a text that must hold one YAML 1.2 document. @param from - offset at which it begins */
export function parseYaml(file: SourceFile, from = 0): ParsedYaml {
  return parse(file, false, from);
}

/** What can be read of a text that is being written: what is wrong in it is left out. For editors. */
export function parsePartly(file: SourceFile): Located | undefined {
  return parse(file, true, 0).root;
}

function parse(file: SourceFile, partly: boolean, from: number): ParsedYaml {
  const diagnostics: Diagnostic[] = [];
  const problem = (code: DiagnosticCode, message: string, range: SourceRange, hint?: string): void => {
    diagnostics.push({ code, severity: 'error', message, range, related: [], hint });
  };
  const place = (start: number, end: number): SourceRange => ({
    file,
    start: Math.min(start, file.text.length),
    end: Math.max(Math.min(end, file.text.length), Math.min(start, file.text.length)),
  });

  // What stands before is blanked out, so that places are right.
  const read = readYamlDocument(' '.repeat(from) + file.text.slice(from));
  if (!read.ok) {
    for (const { code, message, start, end, hint } of read.faults) problem(code, message, place(start, end), hint);
  }
  const { document } = read;
  if (document === undefined || (!read.ok && !partly)) return { root: undefined, diagnostics };

  let values = 0;
  let aliased = 0;
  let stopped = false;
  /** The latest node of each anchor. The library would look for it from the start of the document, for every alias. */
  const anchors = new Map<string, Node>();
  const remember = (node: Node | null): void => {
    if (node !== null && !isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
  };

  const locate = (node: unknown, depth: number, inAlias: SourceRange | undefined): Located | undefined => {
    if (stopped) return undefined;
    const syntax = node as Node | null;
    const range = inAlias ?? (syntax?.range ? place(syntax.range[0], syntax.range[1]) : place(0, 0));
    if (++values > MAX_VALUES || (inAlias !== undefined && ++aliased > MAX_ALIASED) || depth > MAX_DEPTH) {
      stopped = true;
      problem(
        'yaml-limit',
        depth > MAX_DEPTH
          ? `nested more than ${String(MAX_DEPTH)} deep`
          : 'the document repeats too much through aliases',
        range,
      );
      return undefined;
    }
    if (syntax === null) return { kind: 'scalar', value: null, range };
    if (isAlias(syntax)) {
      const target = anchors.get(syntax.source);
      if (target === undefined) {
        problem('yaml-syntax', `there is no anchor '${syntax.source}'`, range);
        return undefined;
      }
      return locate(target, depth + 1, range);
    }
    if (inAlias === undefined) remember(syntax);
    if (syntax.tag !== undefined && !syntax.tag.startsWith('tag:yaml.org,2002:')) {
      problem('yaml-syntax', `the tag ${syntax.tag} is not supported`, range, 'write the value itself');
      return undefined;
    }
    if (isScalar(syntax)) {
      const { value } = syntax;
      if (typeof value === 'number') {
        const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
        if (exact) return { kind: 'scalar', value: Object.is(value, -0) ? 0 : value, range };
        problem(
          'out-of-range',
          `${syntax.source ?? String(value)} is not a number that can be kept exactly`,
          range,
          'quote it to keep it as text',
        );
        return undefined;
      }
      if (value === null || typeof value === 'string' || typeof value === 'boolean')
        return { kind: 'scalar', value, range };
      problem('wrong-type', 'this value is of a kind that is not supported', range, 'quote it to keep it as text');
      return undefined;
    }
    if (isSeq(syntax)) {
      const items = syntax.items.map((item) => locate(item, depth + 1, inAlias));
      const found = items.filter((item) => item !== undefined);
      return found.length < items.length && !partly ? undefined : { kind: 'list', items: found, range };
    }
    if (!isMap(syntax)) return undefined;
    const entries: LocatedEntry[] = [];
    const names = new Set<string>();
    let whole = true;
    for (const { key, value } of syntax.items) {
      const keyNode = key as Node | null;
      if (inAlias === undefined) remember(keyNode);
      const keyRange = inAlias ?? (keyNode?.range ? place(keyNode.range[0], keyNode.range[1]) : range);
      if (!isScalar(keyNode) || keyNode.value === null) {
        problem('wrong-type', 'a key must be text', keyRange);
        whole = false;
        continue;
      }
      const name =
        typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? JSON.stringify(keyNode.value));
      if (name === '<<') {
        problem(
          'yaml-syntax',
          'merge keys are not supported',
          keyRange,
          'use an alias for the whole value, or a pipeline param',
        );
        whole = false;
        continue;
      }
      if (names.has(name)) {
        problem('duplicate-key', 'this key stands here twice', keyRange, 'remove one of the two');
        whole = false;
      }
      names.add(name);
      // A key of which nothing else is written, as in `{ key }`.
      const nothing = { kind: 'scalar', value: null, range: { ...keyRange, start: keyRange.end } } as const;
      const located = value === null ? nothing : locate(value, depth + 1, inAlias);
      if (located === undefined) whole = false;
      else entries.push({ key: name, keyRange, value: located });
    }
    return whole || partly ? { kind: 'mapping', entries, range } : undefined;
  };

  const root = document.contents === null ? undefined : locate(document.contents, 0, undefined);
  return { root: diagnostics.length > 0 && !partly ? undefined : root, diagnostics };
}
