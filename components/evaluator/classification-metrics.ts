/**
 * Metrics of a classifier, from its outputs batch by batch. Definitions are those of scikit-learn's
 * `classification_report` and of Keras' losses; where several classes are equally likely, the first one is predicted, and
 * counted as ranking before the others.
 */
import { StepError } from '../executor.js';
import type { ClassificationResult, ClassMetrics, Confusion, Metrics, Mistake } from './evaluation.js';
import { worstMistakes } from './mistakes.js';

/** Keras' `epsilon()`: probabilities are kept so far from 0 and 1 before their logarithm is taken. */
const EPSILON = 1e-7;

/** Classes up to which the whole confusion matrix is kept in the file. */
const MATRIX_CLASSES = 1000;

/** Confusions that are listed. */
const LISTED_CONFUSIONS = 100;

/** Counts what a classifier gets right. */
export interface ClassificationTally {
  /**
   * Takes the outputs for the next examples.
   *
   * @param outputs - row by row: a probability a class; or one, that of the second class of two
   * @throws StepError `output-not-finite` naming the example
   */
  add(labels: Int32Array, outputs: Float32Array): void;
  result(): ClassificationResult;
  /** The mistakes that the model is surest of. */
  mistakes(): readonly Mistake[];
}

function clip(probability: number): number {
  return Math.min(Math.max(probability, EPSILON), 1 - EPSILON);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function classMetrics(name: string, support: number, predicted: number, correct: number): ClassMetrics {
  if (support + predicted === 0) return { name, support, predicted, precision: null, recall: null, f1: null };
  const [precision, recall] = [ratio(correct, predicted), ratio(correct, support)];
  return { name, support, predicted, precision, recall, f1: ratio(2 * correct, support + predicted) };
}

/** Averages over the classes that occur: every one alike, or by its support. */
function averages(classes: readonly ClassMetrics[]): Metrics {
  const occurring = classes.filter(({ precision }) => precision !== null);
  const total = occurring.reduce((sum, { support }) => sum + support, 0);
  const mean = (metric: 'precision' | 'recall' | 'f1', weight: (of: ClassMetrics) => number): number =>
    occurring.reduce((sum, of) => sum + (of[metric] ?? 0) * weight(of), 0);
  const metrics = (['precision', 'recall', 'f1'] as const).flatMap((metric) => [
    [`macro_${metric}`, mean(metric, () => 1 / occurring.length)],
    [`weighted_${metric}`, mean(metric, ({ support }) => support / total)],
  ]);
  return Object.fromEntries(metrics) as Metrics;
}

/**
 * Starts counting.
 *
 * @param classes - names by index
 * @param width - outputs an example: as many as classes, or 1 for the probability of the second of two
 * @param topK - for each k: how often the label is among the k most likely classes; left out unless there are more than k
 * @param keptMistakes - how many mistakes to keep
 */
export function classificationTally(
  classes: readonly string[],
  width: number,
  topK: readonly number[],
  keptMistakes: number,
): ClassificationTally {
  const count = classes.length;
  const ks = topK.filter((k) => k < count);
  const hits = new Map(ks.map((k) => [k, 0]));
  const pairs = new Map<number, number>();
  const worst = worstMistakes(keptMistakes);
  const row = new Float64Array(count);
  let examples = 0;
  let lossSum = 0;
  let areProbabilities = true;

  const read = (outputs: Float32Array, index: number): void => {
    if (width === 1) {
      const second = outputs[index] as number;
      row.set([1 - second, second]);
    } else {
      for (let column = 0; column < count; column++) row[column] = outputs[index * width + column] as number;
    }
    if (row.every(Number.isFinite)) return;
    throw new StepError(
      'output-not-finite',
      `the model's output for example ${String(examples)} is not finite`,
      'its training has diverged: train with a lower learning rate, or standardize the features',
    );
  };

  const take = (label: number): void => {
    let predicted = 0;
    let sum = 0;
    let before = 0;
    const own = row[label] as number;
    row.forEach((value, column) => {
      if (value > (row[predicted] as number)) predicted = column;
      if (value > own || (value === own && column < label)) before++;
      if (value < 0 || value > 1 + 1e-3) areProbabilities = false;
      sum += value;
    });
    if (sum <= 0) areProbabilities = false;
    // Keras divides by the sum, so that outputs that are probabilities up to rounding add up to 1.
    lossSum -= Math.log(clip(own / sum));
    for (const k of ks) if (before < k) hits.set(k, (hits.get(k) ?? 0) + 1);
    const pair = label * count + predicted;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    if (predicted !== label) worst.add({ row: examples, label, predicted, weight: row[predicted] as number });
    examples++;
  };

  return {
    add: (labels, outputs) => {
      labels.forEach((label, index) => {
        read(outputs, index);
        take(label);
      });
    },
    result: () => {
      const support = new Float64Array(count);
      const predicted = new Float64Array(count);
      const correct = new Float64Array(count);
      const confusions: Confusion[] = [];
      for (const [pair, number] of pairs) {
        const [label, taken] = [Math.floor(pair / count), pair % count];
        support[label] = (support[label] as number) + number;
        predicted[taken] = (predicted[taken] as number) + number;
        if (label === taken) correct[label] = number;
        else confusions.push({ label, predicted: taken, count: number });
      }
      confusions.sort((a, b) => b.count - a.count || a.label - b.label || a.predicted - b.predicted);
      const perClass = classes.map((name, index) =>
        classMetrics(name, support[index] as number, predicted[index] as number, correct[index] as number),
      );
      const right = correct.reduce((sum, number) => sum + number, 0);
      const matrix = (): number[][] =>
        classes.map((_, label) => classes.map((__, taken) => pairs.get(label * count + taken) ?? 0));
      return {
        kind: 'classification',
        loss: areProbabilities ? (width === 1 ? 'binary_crossentropy' : 'sparse_categorical_crossentropy') : null,
        metrics: {
          loss: areProbabilities ? lossSum / examples : null,
          accuracy: right / examples,
          ...Object.fromEntries(ks.map((k) => [`top_${String(k)}_accuracy`, (hits.get(k) ?? 0) / examples])),
          ...averages(perClass),
        },
        per_class: perClass,
        confusion_matrix: count <= MATRIX_CLASSES ? matrix() : null,
        confusions: confusions.slice(0, LISTED_CONFUSIONS),
      };
    },
    mistakes: () => worst.worst(),
  };
}
