/**
 * From text to located values: the only module that knows YAML. It takes any text without throwing and in bounded time:
 * depth and repetition are limited before anything recurses.
 */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Node } from 'yaml';
import type { Diagnostic } from '../source/diagnostic.js';
import type { DiagnosticCode } from '../source/diagnostic-codes.js';
import type { SourceFile, SourceRange } from '../source/source-file.js';
import type { Located, LocatedEntry } from './located.js';

/** Deepest nesting of lists and mappings. */
const MAX_DEPTH = 64;
/** Most values in a document, aliases expanded. */
const MAX_VALUES = 2_000_000;
/** Most values that aliases may add. */
const MAX_ALIASED = 100_000;

/** A parsed document, or undefined when it cannot be used, with all that is wrong with it. */
export interface ParsedYaml {
  readonly root: Located | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Offset of the bracket or indentation that goes beyond the allowed depth. Counts generously: quotes may hold brackets. */
function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  let indent = 0;
  let lineStart = true;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\n') {
      lineStart = true;
      indent = 0;
    } else if (lineStart && (character === ' ' || character === '-' || character === '?')) {
      if (character !== ' ' && ++indent > MAX_DEPTH) return at;
    } else {
      lineStart = false;
      if (character === '[' || character === '{') depth++;
      else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
      if (depth > MAX_DEPTH * 4) return at;
    }
  }
  return undefined;
}

/** Parses a text that must hold one YAML 1.2 document. */
export function parseYaml(file: SourceFile): ParsedYaml {
  const diagnostics: Diagnostic[] = [];
  const problem = (code: DiagnosticCode, message: string, range: SourceRange, hint?: string): void => {
    diagnostics.push({ code, severity: 'error', message, range, related: [], hint });
  };
  const place = (start: number, end: number): SourceRange => ({
    file,
    start: Math.min(start, file.text.length),
    end: Math.max(Math.min(end, file.text.length), Math.min(start, file.text.length)),
  });

  const deep = tooDeepAt(file.text);
  if (deep !== undefined) {
    problem('yaml-limit', `nested more than ${String(MAX_DEPTH)} deep`, place(deep, deep + 1));
    return { root: undefined, diagnostics };
  }

  let documents: readonly Document.Parsed[];
  try {
    const parsed = parseAllDocuments(file.text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      strict: true,
      // The parser compares every key with all before it: told below, in linear time.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    documents = 'empty' in parsed ? [] : parsed;
  } catch {
    // The parser recurses: what the first look let through may still exhaust its stack.
    problem('yaml-limit', 'nested too deep to be read', place(0, 1));
    return { root: undefined, diagnostics };
  }
  const [document, second] = documents;
  if (second) {
    const [start] = second.range;
    problem('yaml-syntax', 'a second document begins here', place(start, start + 1), 'write one pipeline a file');
    return { root: undefined, diagnostics };
  }
  if (!document) return { root: undefined, diagnostics };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    problem(
      'yaml-syntax',
      message,
      place(pos[0], pos[1]),
      code === 'TAG_RESOLVE_FAILED' ? 'tags are not supported: write the value itself' : undefined,
    );
  }
  if (diagnostics.length > 0) return { root: undefined, diagnostics };

  let values = 0;
  let aliased = 0;
  let stopped = false;

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
      const target = syntax.resolve(document);
      if (target === undefined) {
        problem('yaml-syntax', `there is no anchor '${syntax.source}'`, range);
        return undefined;
      }
      return locate(target, depth + 1, range);
    }
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
      return items.includes(undefined) ? undefined : { kind: 'list', items: items as Located[], range };
    }
    if (!isMap(syntax)) return undefined;
    const entries: LocatedEntry[] = [];
    const names = new Set<string>();
    let whole = true;
    for (const { key, value } of syntax.items) {
      const keyNode = key as Node | null;
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
      const located = locate(value, depth + 1, inAlias);
      if (located === undefined) whole = false;
      else entries.push({ key: name, keyRange, value: located });
    }
    return whole ? { kind: 'mapping', entries, range } : undefined;
  };

  const root = document.contents === null ? undefined : locate(document.contents, 0, undefined);
  return { root: diagnostics.length > 0 ? undefined : root, diagnostics };
}
