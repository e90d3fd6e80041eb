/**
 * How the nodes of a recorded run ended.
 */
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionState } from '../../artifacts/metadata/records.js';
import type { NodeState } from '../reporting/text/style.js';

/** States of executions as they are drawn. */
export const NODE_STATES: Readonly<Record<ExecutionState, NodeState>> = {
  RUNNING: 'running',
  COMPLETE: 'complete',
  CACHED: 'cached',
  FAILED: 'failed',
  CANCELED: 'canceled',
  SKIPPED: 'skipped',
};

/** States of a run's nodes by name; one that was not reached has none. */
export function runStates(run: number, metadata: MetadataStore): ReadonlyMap<string, NodeState> {
  return new Map(metadata.executionsOf(run).map(({ execution }) => [execution.node, NODE_STATES[execution.state]]));
}
