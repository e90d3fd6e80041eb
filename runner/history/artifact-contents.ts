/**
 * What reports show of the insides of artifacts: the course of trainings, evaluations, data. Files may have been written by
 * components of the user's, so that what cannot be understood is left out.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMapping } from '../../artifacts/mapping.js';
import type { ExecutionWithArtifacts } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactStore } from '../../artifacts/store/artifact-store.js';
import type { ClassificationResult } from '../../components/evaluator/evaluation.js';
import type { ExamplesInfo, FeatureSpec } from '../../components/formats/examples/examples-info.js';
import { readMapping } from '../../components/formats/json-mapping.js';
import { parseExamplesInfo } from '../../components/formats/examples/parse-examples-info.js';
import { readTransformGraph, type TransformGraphFile } from '../../components/formats/transform/transform-graph.js';
import type { Epochs } from '../reporting/page/curves.js';

/** Largest file, in bytes, that is read for a report. */
const LARGEST = 1 << 25;

/** What is known of the insides of a run's artifacts; by the output that they came out at, as `node.port`. */
export interface RunContents {
  readonly trainings: ReadonlyMap<string, Epochs>;
  readonly evaluations: ReadonlyMap<string, ClassificationResult>;
  /** What is known of data, as `split train` → `54000`. */
  readonly data: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

async function small(path: string): Promise<string> {
  if ((await stat(path)).size > LARGEST) throw new RangeError(`${path} is too large for a report`);
  return path;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

async function readEpochs(folder: string): Promise<Epochs | undefined> {
  const { epochs } = await readMapping(await small(join(folder, 'history.json')));
  if (!Array.isArray(epochs)) return undefined;
  return epochs.filter(isMapping).map((epoch) => {
    const numbers = Object.entries(epoch).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
    return Object.fromEntries(numbers);
  });
}

async function readClassification(folder: string): Promise<ClassificationResult | undefined> {
  const evaluation = await readMapping(await small(join(folder, 'evaluation.json')));
  const { kind, version, per_class: classes, confusion_matrix: matrix, metrics, confusions } = evaluation;
  const isKnown =
    version === 1 &&
    kind === 'classification' &&
    isMapping(metrics) &&
    Array.isArray(classes) &&
    classes.every(
      (each) => isMapping(each) && typeof each['name'] === 'string' && typeof each['support'] === 'number',
    ) &&
    Array.isArray(confusions) &&
    (matrix === null ||
      (Array.isArray(matrix) &&
        matrix.length === classes.length &&
        matrix.every((row) => isNumbers(row) && row.length === classes.length)));
  return isKnown ? (evaluation as unknown as ClassificationResult) : undefined;
}

function featureText(feature: FeatureSpec): string {
  switch (feature.kind) {
    case 'image': {
      if (feature.encoding === 'encoded') return 'image, JPEG or PNG';
      return `image, ${String(feature.height)} × ${String(feature.width)} × ${String(feature.channels)}`;
    }
    case 'label':
      return `label, ${String(feature.classes.length)} classes`;
    case 'float':
      return feature.size === 1 ? 'number' : `${String(feature.size)} numbers`;
    case 'integer':
      return 'integer';
    case 'string':
      return 'text';
  }
}

function examplesData({ splits, features }: ExamplesInfo): ReadonlyMap<string, string> {
  return new Map([
    ...Object.entries(splits).map(([name, { examples }]) => [`examples in ${name}`, String(examples)] as const),
    ...Object.entries(features).map(([name, feature]) => [`feature ${name}`, featureText(feature)] as const),
  ]);
}

/** Numbers of a list that are shown. */
const SHOWN_NUMBERS = 8;

function numbersText(values: readonly number[]): string {
  const shown = values.slice(0, SHOWN_NUMBERS).map((value) => String(Number(value.toPrecision(6))));
  return [...shown, ...(values.length > SHOWN_NUMBERS ? ['…'] : [])].join(', ');
}

function transformData({ features }: TransformGraphFile): ReadonlyMap<string, string> {
  const entries = Object.entries(features).flatMap(([name, { steps }]) =>
    steps.flatMap((step): (readonly [string, string])[] => {
      switch (step.op) {
        case 'standardize':
          return [
            [`${name}: mean`, numbersText(step.mean)],
            [`${name}: variance`, numbersText(step.variance)],
          ];
        case 'scale':
          return [[`${name}: scale`, `× ${numbersText(step.multiply)} + ${numbersText(step.add)}`]];
        case 'vocabulary':
          return [[`${name}: vocabulary`, `${String(step.tokens.length)} words`]];
        case 'one_hot':
          return [[`${name}: classes`, String(step.depth)]];
        case 'decode':
        case 'cast':
          return [];
      }
    }),
  );
  return new Map(entries);
}

async function readData(type: string, folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  if (type === 'TransformGraph') return transformData(await readTransformGraph(folder));
  const path = await small(join(folder, 'examples.json'));
  return examplesData(parseExamplesInfo(await readFile(path, 'utf8'), path));
}

/** Reads what there is to read of the outputs of a run. */
export async function runContents(
  executions: readonly ExecutionWithArtifacts[],
  artifacts: Pick<ArtifactStore, 'pathOf'>,
): Promise<RunContents> {
  const contents = {
    trainings: new Map<string, Epochs>(),
    evaluations: new Map<string, ClassificationResult>(),
    data: new Map<string, ReadonlyMap<string, string>>(),
  };
  const keep = async <T>(into: Map<string, T>, name: string, reading: Promise<T | undefined>): Promise<void> => {
    const found = await reading.catch(() => undefined);
    if (found !== undefined) into.set(name, found);
  };
  for (const { execution, outputs } of executions) {
    for (const { port, index, artifact } of outputs) {
      if (artifact.gone) continue;
      const name = `${execution.node}.${port}${index === 0 ? '' : `[${String(index)}]`}`;
      const folder = artifacts.pathOf(artifact.digest);
      if (artifact.type === 'ModelRun') await keep(contents.trainings, name, readEpochs(folder));
      else if (artifact.type === 'ModelEvaluation') await keep(contents.evaluations, name, readClassification(folder));
      else if (artifact.type === 'Examples' || artifact.type === 'TransformGraph') {
        await keep(contents.data, name, readData(artifact.type, folder));
      }
    }
  }
  return contents;
}
