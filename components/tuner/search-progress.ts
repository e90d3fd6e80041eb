/**
 * Where a search stands, put together from what its trials say: `trial 7/30, best val_accuracy 0.6123`.
 */
import type { Progress } from '../executor.js';
import { bestEpoch, isBetter, type Objective } from './objective.js';
import type { PlannedTrial, TrialOutcome } from './trial.js';

/** How large a search is planned. */
export interface SearchSize {
  readonly trials: number;
  /** Of all trials together. */
  readonly epochs: number;
}

/** Milliseconds that tell the pace: towards the end fewer trials may train at once. */
const PACE_MS = 120_000;

/** How far a trial that is under way has come. */
interface RunningTrial {
  readonly epochs: number;
  /** Epochs that were there when it began: it goes on where it was in an earlier life of the step. */
  readonly known: number;
  readonly rate: Progress['rate'];
}

/** Follows the trials of a search, and reports whenever one of them says something. */
export class SearchProgress {
  #ended = 0;
  #epochsEnded = 0;
  /** Epochs that count as done and were not trained now: known from before, or never reached. */
  #epochsSkipped = 0;
  #best: number | undefined;
  readonly #running = new Map<string, RunningTrial>();
  /** Epochs trained by when, from the first word of a training on: what came before, such as loading data, is over. */
  readonly #pace: { readonly at: number; readonly trained: number }[] = [];

  /**
   * @param now - a clock in milliseconds
   */
  constructor(
    readonly size: SearchSize,
    readonly objective: Objective,
    readonly report: (progress: Progress) => void,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes what the training of a trial says. */
  training({ trial_id, epochs, initial_epoch }: PlannedTrial, { fraction = 0, rate }: Progress): void {
    const trained = Math.max(0, fraction * epochs - initial_epoch);
    // It speaks several times an epoch, and trains on from whole ones.
    const { known } = this.#running.get(trial_id) ?? { known: Math.floor(trained) };
    this.#running.set(trial_id, { epochs: trained, known, rate });
    this.#tell();
  }

  /** Takes how a trial ended. @param known - in an earlier life of the step */
  ended({ trial_id, epochs, initial_epoch }: PlannedTrial, outcome: TrialOutcome, known: boolean): void {
    const planned = epochs - initial_epoch;
    const last = known ? undefined : this.#running.get(trial_id);
    this.#epochsSkipped += last === undefined ? planned : planned - last.epochs + last.known;
    this.#running.delete(trial_id);
    this.#ended++;
    this.#epochsEnded += planned;
    if (outcome.status === 'COMPLETED') {
      const { score } = bestEpoch(this.objective, outcome.history);
      if (this.#best === undefined || isBetter(this.objective, score, this.#best)) this.#best = score;
    }
    this.#tell();
  }

  /** Seconds that the rest takes, at the pace of late; undefined before there is one. */
  #left(epochs: number, running: readonly RunningTrial[]): number | undefined {
    const left = this.size.epochs - epochs;
    if (left <= 0) return 0;
    if (running.length === 0 && this.#pace.length === 0) return undefined;
    const at = this.now();
    const trained = epochs - running.reduce((sum, { known }) => sum + known, this.#epochsSkipped);
    this.#pace.push({ at, trained });
    while ((this.#pace[1]?.at ?? at) < at - PACE_MS) this.#pace.shift();
    const [from = { at, trained }] = this.#pace;
    return trained > from.trained ? ((at - from.at) / 1000 / (trained - from.trained)) * left : undefined;
  }

  #tell(): void {
    const running = [...this.#running.values()];
    const epochs = running.reduce((sum, trial) => sum + trial.epochs, this.#epochsEnded);
    const fraction = Math.min(1, epochs / this.size.epochs);
    const best = this.#best === undefined ? '' : `, best ${this.objective.name} ${this.#best.toFixed(4)}`;
    const etaSeconds = this.#left(epochs, running);
    const unit = running.find(({ rate }) => rate !== undefined)?.rate?.unit;
    const rate = running.reduce((sum, trial) => sum + (trial.rate?.value ?? 0), 0);
    this.report({
      message: `trial ${String(Math.min(this.#ended + 1, this.size.trials))}/${String(this.size.trials)}${best}`,
      fraction,
      ...(unit === undefined ? {} : { rate: { value: rate, unit } }),
      ...(etaSeconds === undefined ? {} : { etaSeconds }),
    });
  }
}
