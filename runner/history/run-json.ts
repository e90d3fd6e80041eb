/**
 * Runs, executions and artifacts as programs get them.
 */
import type { BoundArtifact, ExecutionWithArtifacts } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord, RunRecord } from '../../artifacts/metadata/records.js';
import type { ValuedRun } from './run-values.js';

/** A run; times in milliseconds since 1970. */
export function runJson({ id, pipeline, file, params, state, startedAt, endedAt }: RunRecord): object {
  return { run: id, pipeline, file, params, state, startedAt, endedAt };
}

/** A run with its metrics by node. */
export function valuedRunJson({ run, nodes }: ValuedRun): object {
  return { ...runJson(run), metrics: Object.fromEntries(nodes.map(({ node, metrics }) => [node, metrics])) };
}

/** An artifact. */
export function artifactJson({ id, type, digest, properties, bytes, files, createdAt, gone }: ArtifactRecord): object {
  return { artifact: id, type, digest, properties, bytes, files, createdAt, gone };
}

function boundJson({ port, index, artifact }: BoundArtifact): object {
  return { port, index, ...artifactJson(artifact) };
}

function bytesOf(bound: readonly BoundArtifact[]): number {
  return bound.reduce((sum, { artifact }) => sum + artifact.bytes, 0);
}

/** An execution with its artifacts. */
export function executionJson({ execution, inputs, outputs }: ExecutionWithArtifacts): object {
  const { id, runId, node, component, state, fingerprint, cachedFrom, reason, metrics, failure } = execution;
  const { timings, resources, attempts, log, startedAt, endedAt } = execution;
  return {
    execution: id,
    run: runId,
    node,
    component,
    state,
    fingerprint,
    cachedFrom,
    reason,
    metrics,
    failure,
    timings,
    resources: resources && { ...resources, bytesIn: bytesOf(inputs), bytesOut: bytesOf(outputs) },
    attempts,
    log,
    startedAt,
    endedAt,
    inputs: inputs.map(boundJson),
    outputs: outputs.map(boundJson),
  };
}
