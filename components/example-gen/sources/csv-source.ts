/**
 * CSV: every column a feature, one of them the label if wanted. The files are read twice: to find types and classes, and
 * to take the examples.
 */
import { StepError } from '../../executor.js';
import type { FeatureSpec } from '../../formats/examples/examples-info.js';
import type { ExampleValue } from '../../formats/examples/examples-writer.js';
import { labelCollector, namedClasses, type NamedClasses } from './class-names.js';
import { columnProbe, missingValue, parseFloat32, parseInteger, type ColumnType } from './csv-columns.js';
import { openCsvFiles, type CsvFiles, type CsvParams, type TakenRow } from './csv-files.js';
import type { Source, SourceContext } from './source.js';

/** A column as a feature. */
interface CsvFeature {
  readonly name: string;
  readonly spec: FeatureSpec;
  /** The value of a cell. */
  readonly read: (cell: string, row: TakenRow) => ExampleValue;
}

const at = ({ file, line }: TakenRow): string => `${file}, line ${String(line)}`;

function numberFeature(name: string, type: 'float' | 'integer'): CsvFeature {
  const parse = type === 'integer' ? parseInteger : parseFloat32;
  return {
    name,
    spec: type === 'float' ? { kind: 'float', size: 1 } : { kind: 'integer' },
    read: (cell, row) => {
      const value = parse(cell);
      if (value !== undefined) return type === 'integer' ? value : Float32Array.of(value);
      if (cell.trim() === '') throw missingValue(name, row);
      throw new StepError(
        'csv-invalid',
        `${at(row)}: column '${name}' holds ${JSON.stringify(cell.slice(0, 80))}, which is no ${type} of 32 bits`,
        'correct it, or take the column as another type',
      );
    },
  };
}

function labelFeature(name: string, classes: NamedClasses): CsvFeature {
  return {
    name,
    spec: { kind: 'label', classes: classes.names },
    read: (cell, row) => {
      const index = classes.indexOf(cell.trim());
      if (index !== undefined) return index;
      throw new StepError('file-changed', `${at(row)}: column '${name}' changed while it was read`, 'run again');
    },
  };
}

/** Goes through all rows once. @returns what every column becomes, and how many rows every input has */
async function inspect(
  { columns, inputs }: CsvFiles,
  { label, types }: CsvParams,
  context: SourceContext,
): Promise<{ readonly features: readonly CsvFeature[]; readonly counts: readonly number[] }> {
  const where = [...inputs].map(({ name }) => name ?? 'the file').join(', ');
  const labels = labelCollector(where);
  const columnsSeen = columns.map((name) => {
    const add = (cell: string, row: TakenRow): void => {
      const text = cell.trim();
      if (text !== '') labels.add(text);
      else throw new StepError('value-missing', `${at(row)}: the label '${name}' is empty`, 'fill it in');
    };
    if (name === label)
      return { add, feature: () => labelFeature(name, namedClasses(labels.seen, context.classes, where)) };
    const type = types?.get(name);
    const probe = columnProbe(name);
    return {
      add: (cell: string, row: TakenRow): void => {
        if (type === undefined) probe.add(cell, row);
      },
      feature: (): CsvFeature => columnFeature(name, type ?? probe.type()),
    };
  });
  const counts: number[] = [];
  for (const input of inputs) {
    let count = 0;
    for await (const row of input.read()) {
      context.signal.throwIfAborted();
      columnsSeen.forEach(({ add }, index) => {
        add(row.cells[index] ?? '', row);
      });
      count++;
    }
    counts.push(count);
  }
  return { features: columnsSeen.map(({ feature }) => feature()), counts };
}

function columnFeature(name: string, type: ColumnType): CsvFeature {
  return type === 'string' ? { name, spec: { kind: 'string' }, read: (cell) => cell } : numberFeature(name, type);
}

/**
 * Opens CSV files.
 *
 * @throws StepError when a file is no CSV, the files differ in their columns, a number is missing, or a label is unknown
 */
export async function openCsv(params: CsvParams, context: SourceContext): Promise<Source> {
  const files = await openCsvFiles(params);
  const { features, counts } = await inspect(files, params, context);
  return {
    features: Object.fromEntries(features.map(({ name, spec }) => [name, spec])),
    inputs: files.inputs.map((input, index) => ({
      name: input.name,
      examples: counts[index],
      read: async function* () {
        for await (const row of input.read()) {
          yield Object.fromEntries(
            features.map(({ name, read }, column) => [name, read(row.cells[column] ?? '', row)]),
          );
        }
      },
    })),
  };
}
