/**
 * What the cells of a CSV column can be read as, found out cell by cell.
 */
import { StepError } from '../../executor.js';

/** What a column becomes. */
export type ColumnType = 'float' | 'integer' | 'string';

// A number has no leading zeros: 01234 is a postal code, not a quantity.
const INTEGER = /^[+-]?(?:0|[1-9]\d{0,9})$/u;
const NUMBER = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/u;

/** A cell as an integer of 32 bits, undefined when it is none. */
export function parseInteger(cell: string): number | undefined {
  const text = cell.trim();
  const value = INTEGER.test(text) ? Number(text) : NaN;
  return value === (value | 0) ? value : undefined;
}

/** A cell as a finite float32, undefined when it is none. */
export function parseFloat32(cell: string): number | undefined {
  const text = cell.trim();
  const value = NUMBER.test(text) && text.length <= 400 ? Math.fround(Number(text)) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Where a cell stands. */
export interface CellPlace {
  readonly file: string;
  readonly line: number;
}

/** Watches the cells of a column. */
export interface ColumnProbe {
  add(cell: string, place: CellPlace): void;
  /**
   * The narrowest type that fits all cells.
   *
   * @throws StepError `value-missing` when all cells are numbers but for empty ones
   */
  type(): ColumnType;
}

/** Error for a cell that should hold a number and is empty. */
export function missingValue(column: string, { file, line }: CellPlace): StepError {
  return new StepError(
    'value-missing',
    `${file}, line ${String(line)}: column '${column}' is empty, and its other cells are numbers`,
    `fill it in, take the column as text (features: {${column}: string}), or leave it out`,
  );
}

/** Makes the probe of a column. */
export function columnProbe(column: string): ColumnProbe {
  let integers = true;
  let floats = true;
  let filled = false;
  let empty: CellPlace | undefined;
  return {
    add: (cell, place) => {
      if (cell.trim() === '') {
        empty ??= place;
        return;
      }
      filled = true;
      integers &&= parseInteger(cell) !== undefined;
      floats &&= integers || parseFloat32(cell) !== undefined;
    },
    type: () => {
      if (!filled || !floats) return 'string';
      if (empty !== undefined) throw missingValue(column, empty);
      return integers ? 'integer' : 'float';
    },
  };
}
