/**
 * The CSV files of a source, each with the position of every column that is taken.
 */
import { StepError } from '../../executor.js';
import { readCsvHeader, readCsvRows } from '../../formats/csv.js';
import { FEATURE_NAME_RULE, isFeatureName } from '../../formats/examples/parse-examples-info.js';
import type { ColumnType } from './csv-columns.js';
import { dataFiles } from './data-files.js';
import type { ByInput } from './source.js';

/** What a CSV source is opened with. */
export interface CsvParams {
  /** Absolute paths. */
  readonly paths: ByInput<string>;
  readonly delimiter: string;
  readonly label: string | undefined;
  /** Types of the columns to take; undefined for all columns. */
  readonly types: ReadonlyMap<string, ColumnType> | undefined;
}

/** A row with the cells that are taken, in the order of {@link CsvFiles.columns}. */
export interface TakenRow {
  readonly file: string;
  readonly line: number;
  readonly cells: readonly string[];
}

/** The files of all inputs. */
export interface CsvFiles {
  /** Names of the columns that are taken. */
  readonly columns: readonly string[];
  readonly inputs: readonly { readonly name: string | undefined; read(): AsyncGenerator<TakenRow> }[];
}

/** Lists names for a hint. */
export function someOf(names: readonly string[]): string {
  return `${names.slice(0, 30).join(', ')}${names.length > 30 ? ', …' : ''}`;
}

function checkHeader(file: string, header: readonly string[], columns: readonly string[], all: boolean): void {
  const badName = columns.find((name) => !isFeatureName(name));
  if (badName !== undefined) {
    const shown = JSON.stringify(badName.slice(0, 80));
    throw new StepError('csv-invalid', `${file}: the column ${shown} cannot be a feature`, FEATURE_NAME_RULE);
  }
  const missing = columns.find((name) => !header.includes(name));
  if (missing !== undefined) {
    throw new StepError('column-missing', `${file} has no column '${missing}'`, `it has: ${someOf(header)}`);
  }
  const extra = all ? header.find((name) => !columns.includes(name)) : undefined;
  if (extra !== undefined) {
    throw new StepError(
      'csv-invalid',
      `${file} has a column '${extra}', which the files before it have not`,
      "name the columns to take in 'features'",
    );
  }
}

async function* takenRows(file: string, delimiter: string, positions: readonly number[]): AsyncGenerator<TakenRow> {
  let isHeader = true;
  for await (const { cells, line } of readCsvRows(file, delimiter)) {
    if (!isHeader) yield { file, line, cells: positions.map((position) => cells[position] ?? '') };
    isHeader = false;
  }
}

/**
 * Finds the files and reads their headers.
 *
 * @throws StepError when a file is missing or no CSV, or its columns are not those that are wanted
 */
export async function openCsvFiles({ paths, delimiter, label, types }: CsvParams): Promise<CsvFiles> {
  let columns =
    types === undefined ? undefined : [...new Set([...types.keys(), ...(label === undefined ? [] : [label])])];
  const inputs: CsvFiles['inputs'][number][] = [];
  for (const [name, path] of paths) {
    const opened: { readonly file: string; readonly positions: readonly number[] }[] = [];
    for (const file of await dataFiles(path)) {
      const header = await readCsvHeader(file, delimiter);
      columns ??= [...header];
      checkHeader(file, header, columns, types === undefined);
      opened.push({ file, positions: columns.map((column) => header.indexOf(column)) });
    }
    inputs.push({
      name,
      read: async function* () {
        for (const { file, positions } of opened) yield* takenRows(file, delimiter, positions);
      },
    });
  }
  if (columns === undefined) throw new StepError('no-input', 'there is no input');
  if (label !== undefined && !columns.includes(label)) {
    throw new StepError(
      'column-missing',
      `there is no column '${label}', which is to be the label`,
      `there are: ${someOf(columns)}`,
    );
  }
  return { columns, inputs };
}
