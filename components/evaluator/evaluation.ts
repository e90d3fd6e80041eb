/**
 * What an evaluation is made of: the content of `evaluation.json`. How its numbers are computed stands in
 * classification-metrics.ts and regression-metrics.ts.
 */

/** Metrics by name; null where one is not defined. */
export type Metrics = Readonly<Record<string, number | null>>;

/** How well one class is recognised. */
export interface ClassMetrics {
  readonly name: string;
  /** Examples of the class. */
  readonly support: number;
  /** Examples that are taken for the class. */
  readonly predicted: number;
  /** True positives ÷ predicted; 0 when nothing is taken for the class; null when it does not occur at all. */
  readonly precision: number | null;
  /** True positives ÷ support; 0 when nothing is of the class but something is taken for it. */
  readonly recall: number | null;
  /** 2 × precision × recall ÷ (precision + recall); 0 when both are 0. */
  readonly f1: number | null;
}

/** Examples of one class that are taken for another. Classes by index. */
export interface Confusion {
  readonly label: number;
  readonly predicted: number;
  readonly count: number;
}

/** How good a classifier is. */
export interface ClassificationResult {
  readonly kind: 'classification';
  /** Name of the loss; null when the model's outputs are no probabilities. */
  readonly loss: 'sparse_categorical_crossentropy' | 'binary_crossentropy' | null;
  readonly metrics: Metrics;
  readonly per_class: readonly ClassMetrics[];
  /** Rows: classes of the examples; columns: classes that they are taken for. Left out above 1,000 classes. */
  readonly confusion_matrix: readonly (readonly number[])[] | null;
  /** The most frequent confusions, at most 100. */
  readonly confusions: readonly Confusion[];
}

/** How good a model of a number is. */
export interface RegressionResult {
  readonly kind: 'regression';
  readonly loss: 'mean_squared_error';
  readonly metrics: Metrics;
}

/** The content of `evaluation.json`. Digests say which model and examples the numbers belong to. */
export type Evaluation = {
  readonly version: 1;
  readonly model: string;
  readonly baseline_model: string | null;
  readonly examples: string;
  readonly split: string;
  /** Number of examples. */
  readonly count: number;
  readonly label: string;
  readonly backend: { readonly name: string; readonly version: string };
  readonly baseline_metrics: Metrics | null;
} & (ClassificationResult | RegressionResult);

/** An example that the model gets wrong, for the report. */
export interface Mistake {
  /** Its number in the split. */
  readonly row: number;
  /** Class index, or the number. */
  readonly label: number;
  readonly predicted: number;
  /** Probability that the model gives the class it predicts; for a number, the distance. */
  readonly weight: number;
}
