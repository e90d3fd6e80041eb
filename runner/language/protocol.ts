/**
 * Our answers in the words of the Language Server Protocol, version 3.17.
 */
import {
  CompletionItemKind,
  DiagnosticSeverity,
  MarkupKind,
  type CompletionItem,
  type Diagnostic as ProtocolDiagnostic,
  type Hover,
  type Range,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostic } from '../source/diagnostic.js';
import { positionAt, type SourceRange } from '../source/source-file.js';
import type { Suggestion, Suggestions } from './complete.js';
import type { HoverText } from './hover.js';

/** A stretch of text as lines and columns. */
export function rangeOf({ start, end }: { readonly start: number; readonly end: number }, text: TextDocument): Range {
  return { start: text.positionAt(start), end: text.positionAt(end) };
}

/** A stretch of a file as lines and columns, which the protocol counts from 0. */
export function placeOf({ file, start, end }: SourceRange): Range {
  const position = (offset: number): Range['start'] => {
    const { line, column } = positionAt(file, offset);
    return { line: line - 1, character: column - 1 };
  };
  return { start: position(start), end: position(end) };
}

/** A diagnostic; what belongs to no place stands at the beginning. */
export function protocolDiagnostic(diagnostic: Diagnostic, text: TextDocument): ProtocolDiagnostic {
  const { code, severity, message, range, related, hint } = diagnostic;
  const relatedInformation = related.map((other) => ({
    message: other.message,
    location: { uri: text.uri, range: rangeOf(other.range, text) },
  }));
  return {
    source: 'pipeline',
    code,
    severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    message: hint === undefined ? message : `${message}\nhelp: ${hint}`,
    range: rangeOf(range ?? { start: 0, end: 0 }, text),
    ...(relatedInformation.length === 0 ? {} : { relatedInformation }),
  };
}

const KINDS: Readonly<Record<Suggestion['kind'], CompletionItemKind>> = {
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  component: CompletionItemKind.Class,
  output: CompletionItemKind.Reference,
  node: CompletionItemKind.Module,
  param: CompletionItemKind.Variable,
  file: CompletionItemKind.File,
};

/** Suggestions in their order. */
export function completionItems({ start, end, items }: Suggestions, text: TextDocument): CompletionItem[] {
  const range = rangeOf({ start, end }, text);
  return items.map(({ label, kind, insert, detail, doc }, index) => ({
    label,
    kind: KINDS[kind],
    // Editors sort by this text.
    sortText: String(index).padStart(4, '0'),
    textEdit: { range, newText: insert },
    ...(detail === undefined ? {} : { detail }),
    ...(doc === undefined ? {} : { documentation: { kind: MarkupKind.Markdown, value: doc } }),
  }));
}

/** A text that is shown beside a word. */
export function protocolHover({ range, markdown }: HoverText, text: TextDocument): Hover {
  return { range: rangeOf(range, text), contents: { kind: MarkupKind.Markdown, value: markdown } };
}
