/**
 * The splits that a training needs, opened with one transform.
 */
import { readExamplesInfo } from '../formats/examples/examples-files.js';
import { readTransformGraph, type TransformGraphFile } from '../formats/transform/transform-graph.js';
import type { TrainingParams } from '../training-params.js';
import { openDataset, type Dataset } from './dataset.js';
import type { TensorFlow } from './tensorflow.js';

/** What to open. */
export interface TrainingDataOptions {
  readonly tf: TensorFlow;
  /** Folder of an Examples artifact. */
  readonly examples: string;
  /** Folder of a TransformGraph artifact; without one the default transform of the examples. */
  readonly transformGraph: string | undefined;
  readonly params: Pick<TrainingParams, 'label' | 'train_split' | 'eval_split'>;
}

/** Data to train on. */
export interface TrainingData {
  readonly train: Dataset;
  /** undefined: there is no split to validate on. */
  readonly evaluation: Dataset | undefined;
  /** The transform, as it travels with the model. */
  readonly graph: TransformGraphFile;
}

/** The split to validate on: the one that is asked for, else `eval` where there is one. */
export function evaluationSplit(
  splits: Readonly<Record<string, unknown>>,
  { eval_split }: Pick<TrainingParams, 'eval_split'>,
): string | undefined {
  return eval_split ?? (Object.hasOwn(splits, 'eval') ? 'eval' : undefined);
}

/** Opens the splits of a training. @throws StepError when a split, a feature or the label does not fit */
export async function openTrainingData(options: TrainingDataOptions): Promise<TrainingData> {
  const { tf, examples: folder, transformGraph, params } = options;
  const given = transformGraph === undefined ? undefined : await readTransformGraph(transformGraph);
  const { splits } = await readExamplesInfo(folder);
  const common = { tf, folder, graph: given, label: params.label };
  const { dataset: train, graph } = await openDataset({ ...common, split: params.train_split });
  const split = evaluationSplit(splits, params);
  const evaluation = split === undefined ? undefined : (await openDataset({ ...common, split })).dataset;
  return { train, evaluation, graph };
}
