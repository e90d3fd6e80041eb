/**
 * `model_info.json` of a Model artifact: what goes into the model, what comes out, and what the outputs mean.
 */

/** The content of `model_info.json`. */
export interface ModelInfo {
  readonly version: 1;
  /**
   * Transformed features that the model takes, in order. One feature goes in as it is; several, each of rank 1, are
   * joined along the last axis.
   */
  readonly features: readonly string[];
  /** The transformed feature that the model predicts. */
  readonly label: string;
  /** Names of the classes by index; empty for a regression. */
  readonly classes: readonly string[];
  /** Shape of one example at the model's input, after the transform. */
  readonly inputShape: readonly number[];
  /** Shape of one example at the model's output. */
  readonly outputShape: readonly number[];
  /** Trainable and other parameters. */
  readonly parameters: number;
}
