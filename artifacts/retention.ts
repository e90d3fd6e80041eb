/**
 * Which artifacts of a store are kept, and why the others need not be. Pure: it gets facts and answers with a verdict on
 * each; what becomes of them is collect-garbage.ts.
 */
import type { DigestUse } from './metadata/metadata-store.js';
import type { RunRecord } from './metadata/records.js';
import type { Digest } from './store/artifact-store.js';

/** What is wanted. Without any of these, only what no run has recorded goes. */
export interface RetentionPolicy {
  /**
   * Complete runs of each pipeline that keep their artifacts, and with them all later ones; at least 1, the default.
   * Alone, it lets all earlier runs go; beside the others, these are kept whatever they say.
   */
  readonly keepLast: number | undefined;
  /** Milliseconds after its start when a run lets its artifacts go. */
  readonly maxAgeMs: number | undefined;
  /** Bytes that all artifacts may take together; those unused for longest go first. */
  readonly maxBytes: number | undefined;
  /** Only runs of this pipeline let anything go. */
  readonly pipeline: string | undefined;
}

/** What is known of a store. */
export interface RetentionFacts {
  readonly now: number;
  readonly runs: readonly RunRecord[];
  readonly uses: readonly DigestUse[];
  /** What blessings and pushed models came from. */
  readonly shipped: ReadonlySet<Digest>;
  /** Bytes of every artifact that stands in the store. */
  readonly sizes: ReadonlyMap<Digest, number>;
}

/** Why an artifact is kept. */
export type KeepReason = 'running' | 'shipped' | 'kept-run';

/** Why an artifact need not be kept. */
export type DropReason = 'earlier-runs' | 'too-old' | 'over-size' | 'unrecorded';

/** What becomes of an artifact. */
export type Verdict = {
  readonly digest: Digest;
  readonly bytes: number;
  /** The latest run that used it. */
  readonly lastRun: RunRecord | undefined;
} & ({ readonly keep: true; readonly reason: KeepReason } | { readonly keep: false; readonly reason: DropReason });

/** The runs that stay whatever their age: the last complete ones of each pipeline, and all after the first of these. */
function lastRuns(runs: readonly RunRecord[], count: number): ReadonlySet<number> {
  const complete = new Map<string, number>();
  const kept = new Set<number>();
  for (const { id, pipeline, state } of runs.toSorted((a, b) => b.id - a.id)) {
    const before = complete.get(pipeline) ?? 0;
    if (before >= count) continue;
    kept.add(id);
    if (state === 'COMPLETE') complete.set(pipeline, before + 1);
  }
  return kept;
}

/** Judges every artifact of a store; ordered by digest. */
export function judge(facts: RetentionFacts, policy: RetentionPolicy): readonly Verdict[] {
  const { now, runs, uses, shipped, sizes } = facts;
  const { keepLast, maxAgeMs, maxBytes, pipeline } = policy;
  const byId = new Map(runs.map((run) => [run.id, run]));
  const last = lastRuns(runs, keepLast ?? 1);
  const mayGo = (run: RunRecord): boolean =>
    run.state !== 'RUNNING' && !last.has(run.id) && (pipeline === undefined || run.pipeline === pipeline);
  const dropped = (run: RunRecord): DropReason | undefined => {
    if (!mayGo(run)) return undefined;
    if (maxAgeMs !== undefined) return run.startedAt < now - maxAgeMs ? 'too-old' : undefined;
    return keepLast !== undefined && maxBytes === undefined ? 'earlier-runs' : undefined;
  };
  const users = new Map<Digest, RunRecord[]>();
  for (const { runId, digest } of uses) {
    const run = byId.get(runId);
    if (run === undefined || !sizes.has(digest)) continue;
    const list = users.get(digest);
    if (list === undefined) users.set(digest, [run]);
    else list.push(run);
  }
  const isRunning = runs.some(({ state }) => state === 'RUNNING');

  const first = [...sizes].map(([digest, bytes]): Verdict => {
    const by = users.get(digest) ?? [];
    const lastRun = by.reduce<RunRecord | undefined>((a, b) => (a === undefined || b.id > a.id ? b : a), undefined);
    const facts = { digest, bytes, lastRun };
    if (by.some(({ state }) => state === 'RUNNING')) return { ...facts, keep: true, reason: 'running' };
    if (shipped.has(digest)) return { ...facts, keep: true, reason: 'shipped' };
    if (lastRun === undefined) {
      // What a step has just published is recorded when the whole step has ended.
      if (isRunning) return { ...facts, keep: true, reason: 'running' };
      return pipeline === undefined
        ? { ...facts, keep: false, reason: 'unrecorded' }
        : { ...facts, keep: true, reason: 'kept-run' };
    }
    const reason = dropped(lastRun);
    return reason !== undefined && by.every((run) => dropped(run) !== undefined)
      ? { ...facts, keep: false, reason }
      : { ...facts, keep: true, reason: 'kept-run' };
  });

  let total = first.reduce((sum, { keep, bytes }) => sum + (keep ? bytes : 0), 0);
  const over = new Set<Digest>();
  if (maxBytes !== undefined) {
    const evictable = first
      .filter(({ keep, reason, digest }) => keep && reason === 'kept-run' && (users.get(digest) ?? []).every(mayGo))
      .sort((a, b) => (a.lastRun?.id ?? 0) - (b.lastRun?.id ?? 0) || (a.digest < b.digest ? -1 : 1));
    for (const { digest, bytes } of evictable) {
      if (total <= maxBytes) break;
      over.add(digest);
      total -= bytes;
    }
  }
  return first
    .map((verdict): Verdict => (over.has(verdict.digest) ? { ...verdict, keep: false, reason: 'over-size' } : verdict))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1));
}
