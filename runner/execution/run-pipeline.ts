/**
 * One run of a pipeline, from the lock to the last record.
 */
import { join } from 'node:path';
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ProcessIdentity } from '../../artifacts/metadata/records.js';
import { openMetadataStore } from '../../artifacts/metadata/sqlite-metadata-store.js';
import { currentProcess, isAlive } from '../../artifacts/process-identity.js';
import type { ArtifactStore } from '../../artifacts/store/artifact-store.js';
import { openLocalArtifactStore } from '../../artifacts/store/local-artifact-store.js';
import { sweepCheckpoints } from '../../artifacts/store/checkpoints.js';
import { acquireLock } from '../../artifacts/store/lock.js';
import { closeStaging, openStaging, stagingPaths, sweepStaging } from '../../artifacts/store/staging.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { openRoot } from '../../artifacts/store/store-root.js';
import { artifactTypes } from '../../artifacts/types.js';
import { StepError } from '../../components/executor.js';
import { executorLoader } from '../../components/registry.js';
import { callHooks } from './call-hooks.js';
import { maskFor } from './mask.js';
import type { ReportEvent, RunEvent, RunOutcome } from './run-event.js';
import { OwnProcess } from './own-process.js';
import { type StepSurroundings } from './run-step.js';
import { RunSummaryBuilder } from './run-summary.js';
import { StepPlaces } from './step-places.js';
import { WorkerPool } from './worker-pool.js';
import { Run } from './run.js';
import type { EndedRun, RunOptions } from './run-options.js';

/** The last event of a run. */
type RunEnd = Extract<RunEvent, { type: 'run-ended' }>;

/** Who holds the lock of a pipeline, as an error. */
function locked(pipeline: string, { pid, host }: ProcessIdentity, path: string): StoreError {
  return new StoreError(
    'locked',
    `another run of '${pipeline}' is going on: process ${String(pid)} on ${host}`,
    host === currentProcess().host
      ? 'wait until it has ended, or use another store with --root'
      : `wait until it has ended, or use another store with --root; if that machine has died, remove ${path}`,
  );
}

async function runLocked(
  options: RunOptions,
  metadata: MetadataStore,
  artifacts: ArtifactStore,
  root: StepSurroundings['root'],
): Promise<RunEnd> {
  const { graph, report, stop, kill } = options;
  const startedAt = Date.now();
  const { id } = metadata.beginRun({
    pipeline: graph.name,
    file: graph.file,
    params: graph.params,
    startedAt,
    owner: currentProcess(),
  });
  const nodes = graph.nodes.map(({ name }) => name);
  report({ type: 'run-started', run: id, pipeline: graph.name, nodes, jobs: options.jobs });
  const workers = new WorkerPool();
  const places = new StepPlaces(() => artifacts.scratchPath());
  const end = (): void => {
    void workers.close();
  };
  kill.addEventListener('abort', end, { once: true });
  let outcome: RunOutcome = 'failed';
  let run: Run | undefined;
  try {
    const surroundings: StepSurroundings = {
      secrets: graph.secrets,
      mask: maskFor(graph.secrets.values()),
      root,
      artifacts,
      workers,
      places,
      executors: executorLoader(),
      ownProcess: new OwnProcess(),
      baseDir: graph.baseDir,
      report,
      stop,
    };
    run = new Run(options, id, metadata, surroundings);
    outcome = await run.run();
  } finally {
    kill.removeEventListener('abort', end);
    const closed = workers.close();
    const state = outcome === 'complete' ? 'COMPLETE' : outcome === 'canceled' ? 'CANCELED' : 'FAILED';
    metadata.endRun(id, state, Date.now());
    await closed;
    await places.close();
  }
  if (outcome === 'complete') await run.settle();
  return { type: 'run-ended', run: id, outcome, durationMs: Date.now() - startedAt };
}

/** Runs a pipeline while its store is open and its lock is held. */
async function runInStore(options: RunOptions): Promise<{ readonly end: RunEnd; readonly storeBytes: number }> {
  const { graph, report } = options;
  const root = await openRoot(options.root);
  try {
    await openStaging(root);
    const path = join(root.locks, `${graph.name}.lock`);
    const lock = await acquireLock(path, stagingPaths(root));
    if (!lock.taken) throw locked(graph.name, lock.heldBy, path);
    try {
      const metadata = openMetadataStore(root.metadata);
      try {
        metadata.registerTypes(artifactTypes.values());
        for (const { id, pipeline } of metadata.closeDeadRuns(isAlive, Date.now())) {
          report({ type: 'run-recovered', run: id, pipeline });
        }
        await sweepCheckpoints(root, (fingerprint) => metadata.findCompleted(fingerprint) !== undefined);
        await sweepStaging(root);
        const end = await runLocked(options, metadata, openLocalArtifactStore(root), root);
        return { end, storeBytes: metadata.standingBytes() };
      } finally {
        metadata.close();
      }
    } finally {
      await lock.release();
    }
  } finally {
    await closeStaging(root);
  }
}

/**
 * Runs a pipeline, and calls its hooks once the store is closed and the lock is released: they may start other runs.
 *
 * @throws StoreError when the store cannot be used, or another run of the pipeline is going on
 */
export async function runPipeline(options: RunOptions): Promise<EndedRun> {
  const { graph, root, stop } = options;
  for (const name of options.force) {
    if (!graph.nodes.some((node) => node.name === name))
      throw new StepError('unknown-node', `there is no node '${name}'`);
  }
  const summary = new RunSummaryBuilder(graph);
  const differing: string[] = [];
  const hasHooks = graph.onSuccess.length + graph.onFailure.length > 0;
  const report: ReportEvent = (event) => {
    if (hasHooks) summary.apply(event, Date.now());
    if (event.type === 'step-checked' && event.verdict === 'differs') differing.push(event.node);
    options.report(event);
  };
  const call = async (outcome: RunOutcome, durationMs: number): Promise<void> => {
    const hooks = outcome === 'complete' ? graph.onSuccess : outcome === 'failed' ? graph.onFailure : [];
    if (hooks.length === 0 || !summary.begun) return;
    const { baseDir, secrets } = graph;
    const surroundings = { baseDir, root, secrets, mask: maskFor(secrets.values()), report, stop };
    await callHooks(hooks, summary.build(outcome, durationMs), surroundings);
  };
  const startedAt = Date.now();
  const { end, storeBytes } = await runInStore({ ...options, report }).catch(async (error: unknown) => {
    // The store gave out in the middle of the run.
    await call('failed', Date.now() - startedAt);
    throw error;
  });
  await call(end.outcome, end.durationMs);
  report(end);
  return { run: end.run, outcome: end.outcome, differing, storeBytes };
}
