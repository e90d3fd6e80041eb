/**
 * Compares metrics with thresholds, and says in sentences what came of it.
 */
import { StepError } from '../executor.js';
import type { Blessing, ThresholdCheck } from '../formats/blessing.js';
import { closestName } from '../suggestion.js';
import type { ClassificationResult, ClassMetrics, RegressionResult } from './evaluation.js';
import type { Threshold } from './spec.js';

type Result = ClassificationResult | RegressionResult;

/** Thresholds as the pipeline sets them. */
export interface Thresholds {
  readonly thresholds: Readonly<Record<string, Threshold>>;
  readonly class_thresholds: Readonly<
    Record<string, Readonly<Partial<Record<'precision' | 'recall' | 'f1', Threshold | undefined>>>>
  >;
}

const BOUNDS = ['minimum', 'maximum', 'minimum_change', 'maximum_change'] as const;

/**
 * Finds thresholds for classes that there are not.
 *
 * @throws StepError `class-unknown`, before anything is computed
 */
export function checkClassNames({ class_thresholds }: Thresholds, classes: readonly string[]): void {
  const unknown = Object.keys(class_thresholds).find((name) => !classes.includes(name));
  if (unknown === undefined) return;
  const closest = closestName(unknown, classes);
  throw new StepError(
    'class-unknown',
    `class_thresholds names '${unknown}', which is no class of the model`,
    classes.length === 0
      ? 'the model predicts a number'
      : closest === undefined
        ? `its classes are: ${classes.slice(0, 20).join(', ')}${classes.length > 20 ? ', …' : ''}`
        : `did you mean '${closest}'?`,
  );
}

function check(
  metric: string,
  bounds: Threshold,
  measured: number | null | undefined,
  baseline: number | null | undefined,
): readonly ThresholdCheck[] {
  return BOUNDS.flatMap((bound) => {
    const limit = bounds[bound];
    if (limit === undefined) return [];
    const compared = bound.endsWith('_change') ? difference(measured, baseline) : (measured ?? null);
    const passed = compared !== null && (bound.startsWith('minimum') ? compared >= limit : compared <= limit);
    return [{ metric, bound, limit, value: compared, passed }];
  });
}

function difference(measured: number | null | undefined, baseline: number | null | undefined): number | null {
  return typeof measured === 'number' && typeof baseline === 'number' ? measured - baseline : null;
}

/** A number with six digits; with all of them where it would look like the limit that it misses. */
export function shownAgainst(value: number, limit: number): string {
  const rounded = Number(value.toPrecision(6));
  return String(rounded === limit ? value : rounded);
}

/** What a check found: `accuracy is 0.83, below the minimum of 0.85`. */
export function describeCheck({ metric, bound, limit, value, passed }: ThresholdCheck): string {
  const change = bound.endsWith('_change');
  const subject = change ? `the change of ${metric} against the baseline` : metric;
  if (value === null) return `${subject} is not defined`;
  const isMinimum = bound.startsWith('minimum');
  const verdict = passed
    ? `, as the ${isMinimum ? 'minimum' : 'maximum'} of ${String(limit)} allows`
    : `, ${isMinimum ? 'below the minimum' : 'above the maximum'} of ${String(limit)}`;
  return `${subject} is ${shownAgainst(value, limit)}${verdict}`;
}

function classOf(result: Result | undefined, name: string): ClassMetrics | undefined {
  return result?.kind === 'classification' ? result.per_class.find((metrics) => metrics.name === name) : undefined;
}

/**
 * Judges a model.
 *
 * @param baseline - what the model to compare with reached; without one, bounds of changes do not count: a first model
 *   must be able to pass
 * @returns blessed when there are thresholds and all of them hold; a metric that is not defined fails
 */
export function judge(
  wanted: Thresholds,
  result: Result,
  baseline: Result | undefined,
): Pick<Blessing, 'blessed' | 'reasons' | 'checks'> {
  const ofModel = Object.entries(wanted.thresholds).flatMap(([metric, bounds]) =>
    check(metric, bounds, result.metrics[metric], baseline?.metrics[metric]),
  );
  const ofClasses = Object.entries(wanted.class_thresholds).flatMap(([name, metrics]) =>
    (['precision', 'recall', 'f1'] as const).flatMap((metric) => {
      const own = classOf(result, name)?.[metric];
      return check(`${metric} of ${name}`, metrics[metric] ?? {}, own, classOf(baseline, name)?.[metric]);
    }),
  );
  const all = [...ofModel, ...ofClasses];
  const checks = baseline === undefined ? all.filter(({ bound }) => !bound.endsWith('_change')) : all;
  const alone = checks.length < all.length ? ['there is no baseline model yet to compare with'] : [];
  if (all.length === 0) {
    const reason = 'no thresholds are set, so nothing says when the model is good enough: set some in the Evaluator';
    return { blessed: false, reasons: [reason], checks };
  }
  const failed = checks.filter(({ passed }) => !passed);
  const reasons = (failed.length > 0 ? failed : checks).map(describeCheck);
  return { blessed: failed.length === 0, reasons: [...reasons, ...alone], checks };
}
