/**
 * Aligned tables of plain text.
 */
import { cut, cutInside, displayWidth, pad, plainLine } from './plain-text.js';

/** A column: its heading and which side its cells keep to. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Its cells say what a row is about; the first column's do, where no column is marked. */
  readonly isName?: boolean;
}

/** Columns of space between two cells. */
const GAP = 2;

/** Narrowest that a column is made to fit the width. */
const NARROWEST = 6;

/**
 * Lines of a table; the headings first, when any column has one. Cells are made plain; where the width does not suffice,
 * the widest columns are cut: names and what keeps to the right, which are numbers, after all others.
 *
 * @param width - columns of the terminal; Infinity where lines may be of any length
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  if (rows.length === 0) return [];
  const isMarked = columns.some(({ isName }) => isName);
  const isName = (index: number): boolean => (isMarked ? columns[index]?.isName === true : index === 0);
  const titled = columns.some(({ title }) => title !== '');
  const body = rows.map((row) => row.map(plainLine));
  const cells = [...(titled ? [columns.map(({ title }) => title)] : []), ...body];
  const widthsOf = (lines: readonly (readonly string[])[]): number[] =>
    columns.map((_, index) => lines.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), 0));
  const widths = widthsOf(cells);
  const available = width - GAP * (columns.length - 1);
  if (widths.reduce((sum, each) => sum + each, 0) > available) {
    const numbers = widthsOf(body);
    const least = ({ align }: Column, index: number): number => {
      // A name may take two thirds of the width before others are cut as far as can be.
      if (isName(index)) return Math.floor((available * 2) / 3);
      return align === 'right' ? (numbers[index] ?? 0) : NARROWEST;
    };
    fit(widths, available, columns.map(least));
    fit(
      widths,
      available,
      columns.map(() => NARROWEST),
    );
  }
  return cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const columnWidth = widths[index] ?? 0;
        const shorten = isName(index) ? cutInside : cut;
        return pad(shorten(row[index] ?? '', columnWidth), columnWidth, align);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Takes from the widest of those that are wider than their least until all fit, or none is. */
function fit(widths: number[], available: number, least: readonly number[]): void {
  let over = widths.reduce((sum, each) => sum + each, 0) - available;
  while (over > 0) {
    const spare = widths.map((each, index) => (each > (least[index] ?? 0) ? each : 0));
    const widest = Math.max(...spare);
    if (widest === 0) return;
    widths[spare.indexOf(widest)] = widest - 1;
    over--;
  }
}
