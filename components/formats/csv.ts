/**
 * CSV files: a header with the names of the columns, then rows of as many cells. Quotes and line breaks inside cells are
 * csv-parse's business; what the cells mean, the caller's.
 */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse, type Parser } from 'csv-parse';
import { StepError } from '../executor.js';
import { readChunks } from './byte-stream.js';

/** Characters that one row may have. */
const MAX_ROW_CHARACTERS = 1 << 20;

/** Columns that a file may have. */
const MAX_COLUMNS = 10_000;

/** A row of a CSV file. */
export interface CsvRow {
  /** Line of the file that it ends in, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

function invalid(file: string, what: string): StepError {
  return new StepError('csv-invalid', `${file}: ${what}`, 'repair the file, or name its delimiter');
}

async function* decoded(file: string): AsyncGenerator<string> {
  // Removes a byte order mark too.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw invalid(file, 'it is no UTF-8 text');
    }
  };
  for await (const chunk of readChunks(file)) {
    const text = decode(chunk);
    if (text.includes('\0')) throw invalid(file, 'it holds NUL characters');
    yield text;
  }
  yield decode();
}

/**
 * The rows of a file, plain or gzipped; the first one is the header. Empty lines are skipped.
 *
 * @throws StepError `csv-invalid` when it is no UTF-8 text, a quote is not closed, a row has another number of cells than
 *   the header, or is longer than 1,048,576 characters
 */
export async function* readCsvRows(file: string, delimiter: string): AsyncGenerator<CsvRow> {
  const parser: Parser = parse({
    delimiter,
    info: true,
    max_record_size: MAX_ROW_CHARACTERS,
    skip_empty_lines: true,
  });
  pipeline(Readable.from(decoded(file)), parser, () => {
    // The error, if any, reaches the loop below.
  });
  try {
    for await (const item of parser) {
      const { record, info } = item as { record: string[]; info: { lines: number } };
      if (record.length > MAX_COLUMNS) throw invalid(file, `it has more than ${String(MAX_COLUMNS)} columns`);
      yield { line: info.lines, cells: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw invalid(
      file,
      error.code === 'CSV_MAX_RECORD_SIZE'
        ? `a row is longer than ${String(MAX_ROW_CHARACTERS)} characters`
        : error.message,
    );
  }
}

const WHOLE = /^\d+$/u;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

/**
 * A cell that tells a row of data from one of names: a number, unless it is a whole one, which names years and pixels; of
 * names that are all whole numbers, the first that does not count up.
 */
function numberAmong(names: readonly string[]): string | undefined {
  const found = names.find((name) => NUMBER.test(name) && !WHOLE.test(name));
  if (found !== undefined || !names.every((name) => WHOLE.test(name))) return found;
  return names.find((name, index) => Number(name) <= Number(names[index - 1] ?? -1));
}

/**
 * The names of a file's columns.
 *
 * @throws StepError `csv-invalid` when there are none, one is empty or a number, or one comes twice
 */
export async function readCsvHeader(file: string, delimiter: string): Promise<readonly string[]> {
  for await (const { cells } of readCsvRows(file, delimiter)) {
    const names = cells.map((name) => name.trim());
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (names.includes('')) throw invalid(file, 'a column has no name; the first row must hold the names');
    if (twice !== undefined) throw invalid(file, `two columns have the name '${twice}'`);
    const number = numberAmong(names);
    if (number !== undefined) {
      throw invalid(file, `the first row must hold the names of the columns, and holds the number ${number}`);
    }
    return names;
  }
  throw invalid(file, 'it is empty');
}
