/**
 * The public face of the package, for programs: what a component of one's own is made with, and what pipelines are
 * loaded, planned, run and looked back on with. Importing it loads nothing that computes.
 */
export { artifactTypes, type ArtifactType, type Properties, type PropertyValue } from './artifacts/types.js';
export {
  defineSpec,
  input,
  output,
  type ComponentSpec,
  type InputPort,
  type InputPorts,
  type OutputPort,
  type OutputPorts,
} from './components/component-spec.js';
export {
  StepError,
  type ExecutionContext,
  type Executor,
  type InputArtifact,
  type OutputArtifact,
  type Progress,
  type StepLog,
} from './components/executor.js';
export {
  param,
  type Param,
  type ParamPath,
  type ParamProblem,
  type ParamSet,
  type ParamValues,
} from './components/params.js';

export { loadPipeline, type LoadOptions, type Pipeline, type PipelineNode } from './runner/library/pipeline.js';
export { PipelineError } from './runner/library/pipeline-error.js';
export type { DiagnosticData, DiagnosticPlace } from './runner/source/diagnostic-data.js';
export type { OutputReference } from './runner/graph/pipeline-graph.js';
export { plan, type PlannedStep, type PlanOptions } from './runner/library/plan.js';
export type { SelectOptions } from './runner/library/select.js';
export { run, type RunOptions } from './runner/library/run.js';
export type {
  ReportedArtifact,
  RunEvent,
  RunOutcome,
  StepFailure,
  StepResources,
} from './runner/execution/run-event.js';
export type { RunResult } from './runner/execution/run-options.js';

export { openStore, type ArtifactQuery, type Store } from './runner/library/store.js';
export { StoreError } from './artifacts/store/store-error.js';
export type { Digest, Soundness, StatWitness } from './artifacts/store/artifact-store.js';
export type {
  ArtifactRecord,
  ExecutionRecord,
  ExecutionState,
  FailureRecord,
  ProcessIdentity,
  ResourceUse,
  RunRecord,
  RunState,
  Timings,
} from './artifacts/metadata/records.js';
export type { BoundArtifact, ExecutionWithArtifacts, Query, RunQuery } from './artifacts/metadata/metadata-store.js';
export type { Lineage, LineageEdge, WalkOptions } from './artifacts/lineage.js';
