/**
 * One execution of one step: folders to write into, the executor in its place, retries, publishing. Whatever happens, the
 * store holds either all of its outputs or none.
 */
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProducedArtifact, ResourceUse } from '../../artifacts/metadata/records.js';
import type { ArtifactStore, SealedArtifact, StagedArtifact } from '../../artifacts/store/artifact-store.js';
import { leaveCheckpoints, takeCheckpoints } from '../../artifacts/store/checkpoints.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import type { PropertyValue } from '../../artifacts/types.js';
import { StepError } from '../../components/executor.js';
import type { LoadExecutor } from '../../components/registry.js';
import { durationText } from '../config/duration.js';
import { withSecrets } from '../config/secrets.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { ArtifactsByPort } from '../plan/arrival.js';
import { cutLines, type Mask } from './mask.js';
import type { OwnProcess } from './own-process.js';
import { ResourceMeter } from './resource-meter.js';
import { retryPause } from './retry-pause.js';
import type { ReportEvent, StepFailure } from './run-event.js';
import { StepFailed, stepFailure } from './step-failure.js';
import { namesIn, type StepPlaces } from './step-places.js';
import { timeLimit } from './time-limit.js';
import { executeStep, type Step } from './step-host.js';
import type { WorkerListener, WorkerPool } from './worker-pool.js';

/** What the last attempt at a step took and used. */
export interface StepCost {
  readonly executeMs: number;
  readonly publishMs: number;
  readonly resources: ResourceUse;
}

/** What a step has made at one of its outputs. */
export interface SealedOutput extends Pick<ProducedArtifact, 'port' | 'index' | 'type' | 'properties'> {
  readonly artifact: SealedArtifact;
}

/** What a step has come to, before that is published. */
export interface StepOutcome {
  readonly outputs: readonly SealedOutput[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly attempts: number;
  readonly cost: StepCost;
}

/** A step failed after all its attempts, or was stopped. */
export class StepEnded extends Error {
  override readonly name = 'StepEnded';
  constructor(
    readonly failure: StepFailure,
    readonly canceled: boolean,
    readonly attempts: number,
    /** Undefined when no attempt was made. */
    readonly cost?: StepCost,
  ) {
    super(failure.message);
  }
}

/** What a step needs beside itself. */
export interface StepSurroundings {
  readonly root: StoreRoot;
  readonly artifacts: ArtifactStore;
  readonly workers: WorkerPool;
  readonly places: StepPlaces;
  /** For steps that execute in this process. */
  readonly executors: LoadExecutor;
  readonly ownProcess: OwnProcess;
  readonly baseDir: string;
  /** Values of secrets by name, and what keeps them out of reports and records. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly mask: Mask;
  readonly report: ReportEvent;
  /** Aborts when the run is to stop. */
  readonly stop: AbortSignal;
}

interface Attempt {
  readonly step: Step;
  /** The folder of the attempt: it holds those of its outputs and of its scratch files, and nothing else. */
  readonly place: string;
  readonly staged: Readonly<Record<string, StagedArtifact>>;
}

async function prepare(
  node: GraphNode,
  inputs: ArtifactsByPort,
  fingerprint: string,
  { root, artifacts, places, baseDir, secrets }: StepSurroundings,
): Promise<Attempt> {
  const staged: Record<string, StagedArtifact> = {};
  const place = await places.take();
  for (const port of Object.keys(node.outputs)) staged[port] = await artifacts.stage(place);
  const tempDir = join(place, 'temp');
  const checkpointDir = await takeCheckpoints(root, dirname(place), fingerprint);
  const read = (port: string): Step['inputs'][string] => {
    const list = (inputs[port] ?? []).map(({ type, digest, properties }) => ({
      type,
      digest,
      path: artifacts.pathOf(digest),
      properties,
    }));
    const [only] = list;
    const isList = node.spec.ports === 'declared' || node.spec.inputs[port]?.list === true;
    return isList || only === undefined ? list : only;
  };
  const step: Step = {
    source: node.source,
    inputs: Object.fromEntries(Object.keys(inputs).map((port) => [port, read(port)])),
    outputs: Object.fromEntries(
      Object.entries(node.outputs).map(([port, type]) => [port, { type: type.name, path: staged[port]?.path ?? '' }]),
    ),
    params: node.params,
    seed: node.seed,
    baseDir,
    cacheDir: root.cache,
    checkpointDir,
    tempDir,
    env: Object.fromEntries(Object.entries(node.env).map(([name, value]) => [name, withSecrets(value, secrets)])),
  };
  return { step, staged, place };
}

/** @throws StepError when an output is missing, or there is something beside the outputs */
function checkPlace({ step: { tempDir }, staged, place }: Attempt): void {
  const own = new Set([tempDir, ...Object.values(staged).map(({ path }) => path)].map((path) => basename(path)));
  const stray = namesIn(place).find((name) => !own.has(name));
  if (stray !== undefined) {
    throw new StepError(
      'stray-file',
      `'${stray}' was written beside the outputs of the step`,
      'let it write into the folder of an output, or of its scratch files',
    );
  }
  for (const [port, { path }] of Object.entries(staged)) {
    if (namesIn(path).length > 0) continue;
    throw new StepError(
      'output-missing',
      `the step ended without writing its output '${port}'`,
      `have it write a file into the folder of '${port}'`,
    );
  }
}

/** What an execution has made, before it is published. */
export interface Made {
  readonly staged: Readonly<Record<string, StagedArtifact>>;
  readonly metrics: ReadonlyMap<string, number>;
  /** By port and name. */
  readonly properties: ReadonlyMap<string, ReadonlyMap<string, PropertyValue>>;
  readonly executeMs: number;
  readonly resources: ResourceUse;
}

/**
 * Executes a step once.
 *
 * @param meter - measures it
 * @param conclude - takes what it made, which is gone afterwards
 * @throws what the step, or the conclusion, throws
 */
export async function executeOnce<T>(
  node: GraphNode,
  inputs: ArtifactsByPort,
  fingerprint: string,
  surroundings: StepSurroundings,
  meter: ResourceMeter,
  conclude: (made: Made) => Promise<T>,
): Promise<T> {
  const { workers, places, executors, ownProcess, report, stop, mask } = surroundings;
  const attempt = await prepare(node, inputs, fingerprint, surroundings);
  const { step, staged, place } = attempt;
  // Maps, not objects: a metric may be named __proto__.
  const metrics = new Map<string, number>();
  const properties = new Map<string, Map<string, PropertyValue>>();
  const listener: WorkerListener = {
    log: (level, message) => {
      report({ type: 'step-log', node: node.name, level, message: cutLines(mask(message)) });
    },
    progress: (progress) => {
      report({ type: 'step-progress', node: node.name, progress: mask(progress) });
    },
    process: (pid) => {
      meter.add(pid);
    },
    used: (use) => {
      meter.told(use);
    },
    metric: (name, value) => {
      metrics.set(mask(name), value);
    },
    property: (port, name, value) => {
      properties.set(port, (properties.get(port) ?? new Map<string, PropertyValue>()).set(mask(name), mask(value)));
    },
  };
  const limit = timeLimit(stop, node.timeoutMs);
  const { signal } = limit;
  let fail: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    fail = () => {
      reject(
        stop.aborted
          ? new StepError('canceled', 'the run was stopped')
          : new StepError(
              'timeout',
              `the step took longer than its timeout of ${durationText(node.timeoutMs ?? 0)}`,
              'raise its timeout',
            ),
      );
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
  stopped.catch(() => undefined);
  const executeHere = (): Promise<void> => {
    const executing = meter.inside(() => executeStep(step, executors, signal, listener));
    const left = stopped.catch((error: unknown) => {
      ownProcess.leaveBehind(executing);
      throw error;
    });
    return Promise.race([executing, left]);
  };
  try {
    const started = Date.now();
    // A step in this process cannot be ended: the run goes on without it. One in a worker is waited for: it is killed.
    await (node.spec.runsIn === 'worker'
      ? workers.execute(step, signal, listener)
      : node.spec.ports === 'declared'
        ? executeStep(step, executors, signal, listener)
        : executeHere());
    if (signal.aborted) await stopped;
    const executeMs = Date.now() - started;
    const resources = meter.stop();
    checkPlace(attempt);
    return await conclude({ staged, metrics, properties, executeMs, resources });
  } catch (error) {
    if (signal.aborted) await stopped;
    throw error;
  } finally {
    limit.clear();
    signal.removeEventListener('abort', fail);
    await leaveCheckpoints(surroundings.root, step.checkpointDir, fingerprint);
    await places.leave(place);
  }
}

async function seal(
  node: GraphNode,
  { staged, metrics, properties, executeMs, resources }: Made,
): Promise<Omit<StepOutcome, 'attempts'>> {
  const started = Date.now();
  const outputs: SealedOutput[] = [];
  try {
    for (const [port, type] of Object.entries(node.outputs)) {
      const artifact = await staged[port]?.seal();
      const about = { port, index: 0, type: type.name, properties: Object.fromEntries(properties.get(port) ?? []) };
      if (artifact !== undefined) outputs.push({ ...about, artifact });
    }
  } catch (error) {
    for (const { artifact } of outputs) await artifact.discard();
    throw error;
  }
  const cost = { executeMs, publishMs: Date.now() - started, resources };
  return { outputs, metrics: Object.fromEntries(metrics), cost };
}

/**
 * Executes a step with its retries and seals what it made.
 *
 * @param inputs - artifacts by port, found sound
 * @param fingerprint - names the step's checkpoints
 * @throws StepEnded when its last attempt failed, or the run was stopped
 */
export async function runStep(
  node: GraphNode,
  inputs: ArtifactsByPort,
  fingerprint: string,
  reason: string,
  surroundings: StepSurroundings,
): Promise<StepOutcome> {
  const { report, stop, mask } = surroundings;
  for (let attempts = 1; ; attempts++) {
    report({ type: 'step-started', node: node.name, component: node.spec.name, reason, attempt: attempts });
    const meter = new ResourceMeter(surroundings.ownProcess);
    const startedAt = Date.now();
    try {
      const outcome = await executeOnce(node, inputs, fingerprint, surroundings, meter, (made) => seal(node, made));
      return { ...outcome, attempts };
    } catch (error) {
      const cost = { executeMs: Date.now() - startedAt, publishMs: 0, resources: meter.stop() };
      const told = mask(error instanceof StepFailed ? error.failure : stepFailure(error));
      const failure = { ...told, message: cutLines(told.message) };
      if (stop.aborted || attempts > node.retries) throw new StepEnded(failure, stop.aborted, attempts, cost);
      const delayMs = retryPause(`${node.name} ${fingerprint}`, attempts, node.retryPauseMs);
      report({ type: 'step-retry', node: node.name, attempt: attempts, failure, delayMs });
      await sleep(delayMs, undefined, { signal: stop }).catch(() => {
        throw new StepEnded(failure, true, attempts, cost);
      });
    }
  }
}
