/**
 * Everything that happens in a run, as plain data: names, digests and numbers, never live objects. Reporters and logs
 * are fed with these and with nothing else.
 */
import type { Progress } from '../../components/executor.js';

/** Why a step failed. */
export interface StepFailure {
  /** `step-error` codes come from the component; the rest are the runner's. */
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** For defects: where they were thrown. */
  readonly stack: string | undefined;
}

/** An artifact as reports name it. */
export interface ReportedArtifact {
  readonly port: string;
  readonly type: string;
  readonly digest: string;
  readonly bytes: number;
}

/** What a step took and used. Of several attempts, the last one's. */
export interface StepResources {
  /** Milliseconds that it waited for its turn once all that it needs was there. */
  readonly queuedMs: number;
  /** Milliseconds on processors; undefined where that cannot be measured. */
  readonly cpuMs: number | undefined;
  /** Most memory at a time; undefined where that cannot be measured. */
  readonly peakMemoryBytes: number | undefined;
  /** Bytes of the artifacts that went in and came out. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A file of an output that was not the same when its step was executed again. */
export interface FileDifference {
  readonly port: string;
  /** Path in the artifact. */
  readonly file: string;
  /** `missing`: the second execution did not write it; `added`: only the second one did. */
  readonly kind: 'content' | 'missing' | 'added';
  /** For `content`: the first byte that differs, counted from 0. */
  readonly offset?: number;
}

/** How a run ended. */
export type RunOutcome = 'complete' | 'failed' | 'canceled';

/** One thing that happened. Times are milliseconds. */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly run: number;
      readonly pipeline: string;
      readonly nodes: readonly string[];
      readonly jobs: number;
    }
  | {
      readonly type: 'step-cached';
      readonly node: string;
      /** The run in this store that has its outputs. */
      readonly fromRun: number;
      /** Where they were brought from, when another machine made them. */
      readonly remote?: string;
      readonly savedMs: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly outputs: readonly ReportedArtifact[];
    }
  | {
      readonly type: 'step-started';
      readonly node: string;
      readonly component: string;
      readonly reason: string;
      readonly attempt: number;
    }
  | { readonly type: 'step-progress'; readonly node: string; readonly progress: Progress }
  | { readonly type: 'step-log'; readonly node: string; readonly level: 'info' | 'warn'; readonly message: string }
  | {
      readonly type: 'step-retry';
      readonly node: string;
      readonly attempt: number;
      readonly failure: StepFailure;
      readonly delayMs: number;
    }
  | {
      readonly type: 'step-completed';
      readonly node: string;
      readonly durationMs: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly outputs: readonly ReportedArtifact[];
      readonly resources: StepResources;
      readonly reusable: boolean;
    }
  | {
      readonly type: 'step-failed';
      readonly node: string;
      readonly failure: StepFailure;
      /** Undefined when it failed before it began to execute. */
      readonly resources: StepResources | undefined;
      readonly log: string | undefined;
    }
  /** A step was executed again, to see whether the same bytes come out. */
  | {
      readonly type: 'step-checked';
      readonly node: string;
      readonly verdict: 'same' | 'differs' | 'passed over';
      /** Why it was passed over, or that it failed; else ''. */
      readonly reason: string;
      readonly differences: readonly FileDifference[];
    }
  | { readonly type: 'step-canceled'; readonly node: string }
  /** Its condition did not hold, or something that it needs was skipped. */
  | { readonly type: 'step-skipped'; readonly node: string; readonly reason: string }
  | { readonly type: 'step-abandoned'; readonly node: string; readonly because: string }
  | {
      readonly type: 'artifact-damaged';
      readonly node: string;
      readonly port: string;
      readonly digest: string;
      readonly problems: readonly string[];
      readonly quarantine: string | undefined;
    }
  /** The user asked to stop: nothing new starts; `kill`: what runs is ended at once. */
  | { readonly type: 'run-stopping'; readonly kill: boolean }
  | { readonly type: 'run-recovered'; readonly run: number; readonly pipeline: string }
  /** Something that is called once a run has ended was called: it is over, only this event and `run-ended` are to come. */
  | {
      readonly type: 'hook-ended';
      /** Where it stands in the file: `on_failure[0]`. */
      readonly hook: string;
      /** Its program, or the host that it was sent to. */
      readonly target: string;
      readonly durationMs: number;
      /** What went wrong; undefined when nothing did. */
      readonly problem: string | undefined;
      /** The last lines that its program printed. */
      readonly lines: readonly string[];
    }
  | { readonly type: 'run-ended'; readonly run: number; readonly outcome: RunOutcome; readonly durationMs: number };

/** Receives events as they happen; must not throw and never makes a step wait. */
export type ReportEvent = (event: RunEvent) => void;
