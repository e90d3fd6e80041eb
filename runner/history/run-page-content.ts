/**
 * All that the page on a run shows, gathered from the store.
 */
import { walkLineage } from '../../artifacts/lineage.js';
import type { ExecutionWithArtifacts, MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ExecutionRecord, RunRecord } from '../../artifacts/metadata/records.js';
import type { ArtifactStore } from '../../artifacts/store/artifact-store.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import { lineageText } from '../reporting/lineage-text.js';
import { recordedTail } from '../reporting/logs/log-reader.js';
import type { PageStep, RunPageContent } from '../reporting/page/run-page.js';
import { moment } from '../reporting/text/quantities.js';
import { styleFor } from '../reporting/text/style.js';
import { runContents } from './artifact-contents.js';
import { runDrawing } from './run-drawing.js';
import { NODE_STATES } from './run-states.js';

/** The parts of a store that are read. */
export interface ReadStore {
  readonly root: StoreRoot;
  readonly metadata: MetadataStore;
  readonly artifacts: Pick<ArtifactStore, 'pathOf'>;
}

/** Lines of a log's end. */
const LOG_LINES = 30;

/** Outputs whose lineage is shown, and artifacts of each. */
const SHOWN_LINEAGES = 8;
const LINEAGE_LIMIT = 100;

/** The last execution of each node: a damaged input may have made it run again. */
function lastOfEach(executions: readonly ExecutionWithArtifacts[]): readonly ExecutionWithArtifacts[] {
  return [...new Map(executions.map((step) => [step.execution.node, step])).values()];
}

function because({ state, reason, failure }: ExecutionRecord, origin: ExecutionRecord | undefined): string {
  if (failure !== undefined) return `${failure.code}: ${failure.message}`;
  if (state !== 'CACHED') return reason ?? '';
  return origin === undefined ? '' : `from run ${String(origin.runId)} (${moment(origin.startedAt)})`;
}

async function pageStep(
  { execution, outputs }: ExecutionWithArtifacts,
  { root, metadata }: ReadStore,
): Promise<PageStep> {
  const { node, component, state, startedAt, endedAt, attempts, metrics, cachedFrom } = execution;
  const origin = cachedFrom === undefined ? undefined : metadata.execution(cachedFrom)?.execution;
  const { lines, isCut } = await recordedTail(root.path, execution.log, LOG_LINES);
  const tookTime = state !== 'CACHED' && state !== 'SKIPPED';
  return {
    node,
    component,
    state: NODE_STATES[state],
    because: because(execution, origin),
    startedAt,
    endedAt: tookTime ? endedAt : undefined,
    attempts,
    metrics,
    outputs: outputs.map(({ port, index, artifact: { type, digest, bytes, gone } }) => ({
      port: index === 0 ? port : `${port}[${String(index)}]`,
      type,
      digest,
      bytes,
      gone,
    })),
    log: lines,
    isLogCut: isCut,
  };
}

/** Trees of what the outputs were made from that no other step of the run takes. */
function lineages(executions: readonly ExecutionWithArtifacts[], metadata: MetadataStore): ReadonlyMap<string, string> {
  const taken = new Set(executions.flatMap(({ inputs }) => inputs.map(({ artifact }) => artifact.id)));
  const ends = executions.flatMap(({ execution, outputs }) =>
    outputs
      .filter(({ artifact }) => !taken.has(artifact.id))
      .map(({ port, artifact }) => ({ name: `${execution.node}.${port}`, artifact })),
  );
  return new Map(
    ends.slice(0, SHOWN_LINEAGES).map(({ name, artifact }) => {
      const lineage = walkLineage(metadata, artifact, { direction: 'up', limit: LINEAGE_LIMIT });
      return [name, lineageText(lineage, styleFor(false), Infinity)];
    }),
  );
}

/** Gathers it. */
export async function runPageContent(run: RunRecord, store: ReadStore, now: number): Promise<RunPageContent> {
  const executions = lastOfEach(store.metadata.executionsOf(run.id));
  const steps: PageStep[] = [];
  for (const execution of executions) steps.push(await pageStep(execution, store));
  return {
    run,
    steps,
    drawing: runDrawing(executions),
    ...(await runContents(executions, store.artifacts)),
    lineages: lineages(executions, store.metadata),
    now,
  };
}
