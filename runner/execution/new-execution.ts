/**
 * What goes on record of a node when its turn comes, whatever comes of it.
 */
import type { NewExecution } from '../../artifacts/metadata/metadata-store.js';
import { stepLogPath } from '../../artifacts/store/step-log.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from '../plan/arrival.js';
import type { Decision } from '../plan/planner.js';
import { bindings } from './step-artifacts.js';

/** The execution of a node in a run, as it begins. */
export function newExecution(
  runId: number,
  { name, spec }: GraphNode,
  inputs: ArtifactsByPort,
  decision: Exclude<Decision, { kind: 'skipped' }>,
): NewExecution {
  return {
    runId,
    node: name,
    component: spec.name,
    fingerprint: decision.fingerprint,
    inputs: bindings(inputs),
    reason: decision.kind === 'run' ? decision.reason : decision.kind === 'resolved' ? decision.found : undefined,
    startedAt: Date.now(),
    log: stepLogPath(runId, name),
  };
}
