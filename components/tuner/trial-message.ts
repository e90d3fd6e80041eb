/**
 * What a search and its worker processes say to each other. The first message to a worker is a setup, all others are
 * orders; it answers each order with reports, the last of which is an outcome or a defect.
 */
import type { Progress } from '../executor.js';
import type { FittingParams, HpValues } from '../training-params.js';
import type { TrialOutcome } from './trial.js';

/** What all trials of a search have in common. */
export interface TrialSetup {
  /** With references to hyperparameters in it. */
  readonly training: FittingParams;
  /** Folder of the examples. */
  readonly examples: string;
  /** Folder of the transform graph. */
  readonly transformGraph: string | undefined;
  readonly seed: number;
  readonly baseDir: string;
}

/** A training to take up. */
export interface TrialOrder {
  readonly values: HpValues;
  /** Epochs in all. */
  readonly epochs: number;
  /** Where its checkpoints lie. */
  readonly checkpointDir: string;
}

/** What a worker says. */
export type TrialReport =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'ended'; readonly outcome: TrialOutcome }
  /** The fault is not the configuration's: the search cannot go on. `code`: an expected failure. */
  | {
      readonly type: 'broken';
      readonly code: string | undefined;
      readonly message: string;
      readonly hint: string | undefined;
    };
