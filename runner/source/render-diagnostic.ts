/**
 * Draws diagnostics for a terminal: the message, the line it is about with the place underlined, related places, help.
 */
import type { Diagnostic } from './diagnostic.js';
import { placeText, positionAt, type SourceRange } from './source-file.js';

/** Longest stretch of a source line that is shown. */
const SHOWN_COLUMNS = 100;

/** Makes control characters and marks that change the direction of writing visible; tabs become spaces. */
function visible(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `<${point.toString(16).padStart(4, '0')}>`;
  });
}

function drawRange(range: SourceRange, message: string): string {
  const { line, column } = positionAt(range.file, range.start);
  const { lineStarts, text: whole } = range.file;
  const text = whole.slice(lineStarts[line - 1], lineStarts[line]).replace(/\r?\n?$/u, '');
  const from = Math.max(0, column - 1 - Math.floor(SHOWN_COLUMNS / 2));
  const start = text.length <= SHOWN_COLUMNS ? 0 : from;
  const before = visible(text.slice(start, column - 1));
  const marked = visible(text.slice(column - 1, Math.max(column, column - 1 + (range.end - range.start))));
  const shown = visible(text.slice(start, start + SHOWN_COLUMNS));
  const gutter = String(line);
  const blank = ' '.repeat(gutter.length);
  const squiggle = '^'.repeat(Math.max(1, Math.min(marked.length, shown.length - before.length)));
  return [
    `${blank} --> ${placeText(range)}`,
    `${blank} |`,
    `${gutter} | ${shown}`,
    `${blank} | ${' '.repeat(before.length)}${squiggle}${message === '' ? '' : ` ${message}`}`,
  ].join('\n');
}

/** One diagnostic as several lines of text, without a line break at the end. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${visible(diagnostic.message)}`];
  if (diagnostic.range) lines.push(drawRange(diagnostic.range, ''));
  for (const { range, message } of diagnostic.related) lines.push(drawRange(range, visible(message)));
  if (diagnostic.hint !== undefined) lines.push(`  help: ${visible(diagnostic.hint)}`);
  return lines.join('\n');
}
