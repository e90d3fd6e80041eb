/**
 * What a run is asked for, and how it ended.
 */
import type { RemoteStore } from '../../artifacts/remote/remote-store.js';
import type { Demand } from '../config/demand.js';
import { type PipelineGraph } from '../graph/pipeline-graph.js';
import type { RecordedNodes } from '../plan/recorded-node.js';
import type { ReportEvent, RunOutcome } from './run-event.js';
import { type RunRequest } from './settling.js';

/** What to run and how. */
export interface RunOptions {
  readonly graph: PipelineGraph;
  /** Absolute path of the root. */
  readonly root: string;
  /** Steps that run at the same time. */
  readonly jobs: number;
  /** What they may take of the machine together. */
  readonly budget: Demand;
  /** Whether outputs of earlier runs may be used. */
  readonly cache: boolean;
  /** Nodes that run again though they are cached. */
  readonly force: ReadonlySet<string>;
  /** Nodes that are not executed: what an earlier run made of them is used. */
  readonly fromCache: ReadonlySet<string>;
  /** Nodes that are made of what an earlier run was made of. */
  readonly recorded?: RecordedNodes | undefined;
  /** Whether every step that is executed is so twice, to see whether the same bytes come out. */
  readonly checkDeterminism: boolean;
  /** Whether nothing new starts once a step has failed; else only what needs it is given up. */
  readonly failFast: boolean;
  /** A store that is shared with other machines. */
  readonly remote?: RemoteStore | undefined;
  /** What was asked for, where the same request is likely to come again; see settled-run.ts. */
  readonly request?: RunRequest | undefined;
  readonly report: ReportEvent;
  /** Aborts when the run is to stop: nothing new starts, what runs is asked to stop. */
  readonly stop: AbortSignal;
  /** Aborts when what still runs is to be killed. */
  readonly kill: AbortSignal;
}

/** How a run ended. */
export interface RunResult {
  readonly run: number;
  readonly outcome: RunOutcome;
  /** Nodes that made other bytes when they were executed again, where that was asked for. */
  readonly differing: readonly string[];
}

/** A run that has ended, and what it left. */
export interface EndedRun extends RunResult {
  /** Bytes of all artifacts that stand in the store. */
  readonly storeBytes: number;
}
