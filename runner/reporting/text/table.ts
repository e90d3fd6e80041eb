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
  /**
   * Widths at which the beginning of its cells still says something, in falling order. Where there is room for none of
   * them, the column is left out.
   */
  readonly cuts?: readonly number[];
}

/** Where a moment may be cut: after its minute, and after its day. */
export const MOMENT_CUTS: readonly number[] = [16, 10];

/** Where a digest may be cut: so much of it is still typed to name something. */
export const DIGEST_CUTS: readonly number[] = [8];

/** Columns of space between two cells. */
const GAP = 2;

/** Narrowest that a column is made to fit the width. */
const NARROWEST = 6;

/**
 * Lines of a table; the headings first, when any column has one. Cells are made plain. Where the width does not suffice,
 * columns with cuts are cut there, then the widest of the others: names and what keeps to the right, which are numbers,
 * after all others. Before those lose more than half, columns with cuts are left out, the last ones first.
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
  const titled = columns.some(({ title }) => title !== '');
  const body = rows.map((row) => row.map(plainLine));
  const cells = [...(titled ? [columns.map(({ title }) => title)] : []), ...body];
  const widest = (lines: readonly (readonly string[])[], index: number): number =>
    lines.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), 0);
  let shown = columns.map((column, index): Laid => {
    const isName = isMarked ? column.isName === true : index === 0;
    const [whole, numbers] = [widest(cells, index), widest(body, index)];
    return { ...column, isName, index, whole, numbers, width: whole };
  });
  let laid = laidOut(shown, width);
  for (; overhang(laid, width) > 0; laid = laidOut(shown, width)) {
    const last = shown.findLast(({ cuts }) => cuts !== undefined);
    if (last === undefined) break;
    shown = shown.filter((column) => column !== last);
  }
  laid = narrowed(laid, width, () => NARROWEST);
  return cells.map((row) =>
    laid
      .map((column) => pad(shortened(row[column.index] ?? '', column), column.width, column.align))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** A column on its way to its width. */
interface Laid extends Column {
  readonly isName: boolean;
  /** Its place in the rows. */
  readonly index: number;
  /** What its widest cell takes, and its widest below the heading. */
  readonly whole: number;
  readonly numbers: number;
  readonly width: number;
}

function shortened(cell: string, { cuts, isName, width }: Laid): string {
  if (cuts !== undefined && cuts.includes(width)) return cell.slice(0, width);
  return isName ? cutInside(cell, width) : cut(cell, width);
}

/** Columns of the terminal that a table takes too many. */
function overhang(columns: readonly Laid[], width: number): number {
  return columns.reduce((sum, each) => sum + each.width, 0) + GAP * (columns.length - 1) - width;
}

/** Makes columns as narrow as they may be while others could still be left out, as far as there is need. */
function laidOut(columns: readonly Laid[], width: number): readonly Laid[] {
  let laid = columns;
  while (overhang(laid, width) > 0) {
    const [next] = laid.filter((each) => shorterCut(each) !== undefined).toSorted((a, b) => b.width - a.width);
    if (next === undefined) break;
    laid = laid.map((each) => (each === next ? { ...each, width: shorterCut(each) ?? each.width } : each));
  }
  const available = width - GAP * (columns.length - 1);
  const hasCuts = columns.some(({ cuts }) => cuts !== undefined);
  return narrowed(laid, width, ({ isName, align, cuts, whole, numbers, width: given }) => {
    if (cuts !== undefined) return given;
    // A name may take two thirds of the width before others are cut as far as can be.
    if (isName) return Math.floor((available * 2) / 3);
    if (align === 'right') return numbers;
    return hasCuts ? Math.max(NARROWEST, Math.ceil(whole / 2)) : NARROWEST;
  });
}

/** The widest of a column's cuts that is narrower than it is. */
function shorterCut({ cuts, width }: Laid): number | undefined {
  return cuts?.find((each) => each < width);
}

/** Takes from the widest of those that are wider than their least until all fit, or none is. */
function narrowed(columns: readonly Laid[], width: number, least: (column: Laid) => number): readonly Laid[] {
  const widths = columns.map((each) => each.width);
  const leasts = columns.map(least);
  for (let over = overhang(columns, width); over > 0; over--) {
    const spare = widths.map((each, index) => (each > (leasts[index] ?? 0) ? each : 0));
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return columns.map((each, index) => ({ ...each, width: widths[index] ?? each.width }));
}
