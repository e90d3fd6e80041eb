/**
 * Markdown out of text of unknown origin, for comments and summaries on code hosts.
 */
import { plainLine } from './plain-text.js';
import type { Column } from './table.js';

/** Text on one line: nothing in it may begin HTML, a link or another cell of a table. */
export function markdownText(text: string): string {
  return plainLine(text).replace(/[\\|<>&`*_[\]~]/gu, (character) => `&#${String(character.codePointAt(0))};`);
}

/** A table of plain texts. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    `| ${columns.map(({ align }) => (align === 'right' ? '--:' : '---')).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n');
}
