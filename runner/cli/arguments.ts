/**
 * What commands are told: operands and options, as they are declared and as the commands read them.
 */
import type { Command as Parser } from 'commander';
import type { Demand } from '../config/demand.js';
import type { RunSelection } from '../history/run-selection.js';
import type { Amount } from './amounts.js';

/** Arguments of the commands that read a pipeline file. */
export interface PipelineArguments {
  readonly file: string;
  /** `name=value`, the value in YAML. */
  readonly set: readonly string[];
  readonly paramsFiles: readonly string[];
}

/** Which nodes a command is about; names of nodes. */
export interface SelectionArguments {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly only: readonly string[];
  readonly exclude: readonly string[];
}

/** Forms that a graph is drawn in. */
export const GRAPH_FORMATS = ['text', 'mermaid', 'dot', 'svg'] as const;

/** Arguments of `pipeline graph`. */
export interface GraphArguments extends PipelineArguments {
  readonly format: (typeof GRAPH_FORMATS)[number];
  /** The run whose states are shown. */
  readonly run: number | undefined;
}

/** Arguments of the commands that decide what is to be executed. */
export interface PlanningArguments extends PipelineArguments, SelectionArguments {
  /** Whether outputs of earlier runs may be used. */
  readonly cache: boolean;
  /** Nodes that run again though they are cached. */
  readonly force: readonly string[];
  /** Steps that run at the same time; undefined: as many as there are cores. */
  readonly jobs: number | undefined;
  /** What steps may take together; what is not said is that of the machine. */
  readonly resources: Partial<Demand>;
}

/** Arguments of `pipeline plan`. */
export interface PlanArguments extends PlanningArguments {
  /** Whether the exit status tells that something would run. */
  readonly exitCode: boolean;
}

/** Arguments of `pipeline run`. */
export interface RunArguments extends PlanningArguments {
  /** Whether every step that is executed is so twice, to see whether the same bytes come out. */
  readonly checkDeterminism: boolean;
  /** Whether to run again whenever something changes. */
  readonly watch: boolean;
  /** Say what would happen, and do nothing. */
  readonly dryRun: boolean;
  /** Whether nothing new starts once a step has failed. */
  readonly failFast: boolean;
  /** Path of a page on the run, written when it has ended. */
  readonly report: string | undefined;
  /** File that the metrics of the run are written to, for Prometheus. */
  readonly metricsFile: string | undefined;
}

/** Arguments of `pipeline resume`. */
export interface ResumeArguments extends Pick<
  RunArguments,
  'jobs' | 'resources' | 'failFast' | 'dryRun' | 'report' | 'metricsFile'
> {
  /** Undefined: the latest that did not complete. */
  readonly run: number | undefined;
}

/** Arguments of `pipeline runs`. */
export type RunsArguments = RunSelection;

/** Arguments of `pipeline metrics`. */
export interface MetricsArguments extends RunSelection {
  /** Metrics, nodes, or `node.metric`; none: all. */
  readonly names: readonly string[];
}

/** Arguments of `pipeline logs`. */
export interface LogsArguments {
  readonly run: number | undefined;
  readonly node: string;
  readonly follow: boolean;
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined;
}

/** Arguments of `pipeline show`. */
export interface ShowArguments {
  /** Undefined: the latest run. */
  readonly run: number | undefined;
}

/** Arguments of `pipeline report`. */
export interface ReportArguments {
  /** Undefined: the latest run. */
  readonly run: number | undefined;
  /** Path of the page; undefined: `run-<number>.html` in the working folder. */
  readonly output: string | undefined;
}

/** Arguments of `pipeline checkout`. */
export interface CheckoutArguments {
  readonly run: number;
  /** Undefined: all nodes. */
  readonly node: string | undefined;
  /** Path of the folder; undefined: `run-<number>` in the working folder. */
  readonly output: string | undefined;
  readonly hardLinks: boolean;
  readonly force: boolean;
}

/** Arguments of `pipeline export`. */
export interface ExportArguments {
  readonly run: number;
  /** Path of the archive; undefined: `run-<number>.tar.gz` in the working folder. */
  readonly output: string | undefined;
  readonly force: boolean;
}

/** Arguments of `pipeline import`. */
export interface ImportArguments {
  readonly archive: string;
  /** Folder for the pipeline file and its code; undefined: they stay in the archive. */
  readonly files: string | undefined;
  /** Most bytes of the unpacked archive. */
  readonly maxSize: Amount;
}

/** Arguments of `pipeline artifacts`. */
export interface ArtifactsArguments {
  readonly type: string | undefined;
  readonly pipeline: string | undefined;
  readonly limit: number;
}

/** Forms that a lineage is drawn in. */
export const LINEAGE_FORMATS = ['text', 'mermaid', 'dot', 'json', 'openlineage'] as const;

/** Arguments of `pipeline lineage`. */
export interface LineageArguments {
  /** An id, the beginning of a digest, `node.output`, `run:node.output`, or the path of a file or folder. */
  readonly artifact: string;
  readonly run: number | undefined;
  readonly format: (typeof LINEAGE_FORMATS)[number];
  /** Which way to walk: what it was made from, what was made from it. */
  readonly direction: 'up' | 'down' | 'both';
  /** Most steps that are shown. */
  readonly limit: number;
}

/** Arguments of `pipeline explain`. */
export interface ExplainArguments {
  readonly node: string;
  readonly run: number | undefined;
  /** The run to compare with. */
  readonly vs: number | undefined;
}

/** Arguments of `pipeline components`. */
export interface ComponentsArguments {
  /** Undefined: a list of all. */
  readonly name: string | undefined;
}

/** Shells that can be taught to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Arguments of `pipeline completion`. */
export interface CompletionArguments {
  readonly shell: (typeof SHELLS)[number];
}

/** Arguments of `pipeline complete`. */
export interface CompleteArguments {
  /** All commands, as they are declared. */
  readonly program: Parser;
  /** What stands after the program's name; the last one is to be completed. */
  readonly words: readonly string[];
}

/** Arguments of `pipeline init`. */
export interface InitArguments {
  readonly folder: string;
}

/** Forms that a comparison is drawn in. */
export const DIFF_FORMATS = ['text', 'markdown', 'html'] as const;

/** Arguments of `pipeline diff`. */
export interface DiffArguments {
  readonly before: number;
  readonly after: number;
  readonly format: (typeof DIFF_FORMATS)[number];
}

/** Arguments of `pipeline bisect`. */
export interface BisectArguments {
  /** Numbers of the runs. */
  readonly good: number;
  readonly bad: number;
  /** A metric, or `node.metric`. */
  readonly metric: string;
}

/** Arguments of `pipeline gc`. */
export interface GcArguments {
  /** `collect` moves to the trash, `undo` brings the latest batch back, `purge` removes what is there for good. */
  readonly phase: 'collect' | 'undo' | 'purge';
  readonly dryRun: boolean;
  readonly keepLast: number | undefined;
  /** In milliseconds. */
  readonly maxAge: Amount | undefined;
  /** In bytes. */
  readonly maxSize: Amount | undefined;
  readonly pipeline: string | undefined;
}
