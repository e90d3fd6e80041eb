/**
 * A trial: one configuration, trained from one epoch up to another. A configuration that is promoted goes on in a trial
 * of the next round, with the weights that it had.
 */
import type { EpochRecord } from '../tensorflow/training-loop.js';
import type { HpValues } from '../training-params.js';

/** A trial as it is planned; also how it is written. */
export interface PlannedTrial {
  /** Its number in the schedule, with four digits at least. */
  readonly trial_id: string;
  readonly values: HpValues;
  readonly iteration: number;
  readonly bracket: number;
  readonly round: number;
  /** Epochs that the configuration has trained before, in the trial `parent`. */
  readonly initial_epoch: number;
  /** Epochs that it has trained afterwards. */
  readonly epochs: number;
  /** The trial that it goes on from; null in the first round. */
  readonly parent: string | null;
}

/** That a trial's process died, or cannot go on for want of memory, as an error tells of it. */
export interface Death {
  readonly code: string;
  readonly hint: string | undefined;
}

/** How a trial ended. */
export type TrialOutcome =
  /** `history` begins at the configuration's first epoch. */
  | { readonly status: 'COMPLETED'; readonly history: readonly EpochRecord[] }
  | {
      readonly status: 'FAILED';
      readonly message: string;
      /** When the process of the trial has not outlived it. */
      readonly died?: Death;
    };

/** A trial that completed. */
export interface CompletedTrial extends PlannedTrial {
  readonly status: 'COMPLETED';
  /** The best value of the objective in its epochs. */
  readonly score: number;
  readonly best_epoch: number;
  /** Its own epochs. */
  readonly history: readonly EpochRecord[];
}

/** A trial that ended. */
export type Trial =
  CompletedTrial | (PlannedTrial & { readonly status: 'FAILED'; readonly score: null; readonly message: string });

/** Trains the configurations of trials. */
export interface TrialRunner {
  /**
   * Trains a configuration up to `epochs`.
   *
   * @param configuration - names the training that the trial goes on with: the first trial of the configuration
   */
  readonly run: (trial: PlannedTrial, configuration: string) => Promise<TrialOutcome>;
  /** Called when a configuration will not be trained further. */
  readonly drop: (configuration: string) => Promise<void>;
}
