/**
 * Aligned tables of plain text.
 */
import { cut, displayWidth, pad, plainLine } from './plain-text.js';

/** A column: its heading and which side its cells keep to. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Columns of space between two cells. */
const GAP = 2;

/** Narrowest that a column is made to fit the width. */
const NARROWEST = 6;

/**
 * Lines of a table; the headings first, when any column has one. Cells are made plain; where the width does not suffice,
 * the widest columns are cut.
 *
 * @param width - columns of the terminal; Infinity where lines may be of any length
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  if (rows.length === 0) return [];
  const titled = columns.some(({ title }) => title !== '');
  const cells = [...(titled ? [columns.map(({ title }) => title)] : []), ...rows.map((row) => row.map(plainLine))];
  const widths = columns.map((_, index) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), 0),
  );
  fit(widths, width - GAP * (columns.length - 1));
  return cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const columnWidth = widths[index] ?? 0;
        return pad(cut(row[index] ?? '', columnWidth), columnWidth, align);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Takes from the widest until all fit, or all are as narrow as can be. */
function fit(widths: number[], available: number): void {
  let over = widths.reduce((sum, each) => sum + each, 0) - available;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const current = widths[widest] ?? 0;
    if (current <= NARROWEST) return;
    widths[widest] = current - 1;
    over--;
  }
}
