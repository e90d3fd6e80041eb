/**
 * What a run shares with other machines through a remote store: results are looked for there before a step is executed, and
 * taken there afterwards, beside the steps. A remote store that cannot be reached costs a warning, never the run.
 */
import PQueue from 'p-queue';
import type { ProducedArtifact } from '../../artifacts/metadata/records.js';
import type { RemoteStore } from '../../artifacts/remote/remote-store.js';
import type { ResultRecord } from '../../artifacts/remote/result-record.js';
import type { ArtifactStore, Digest } from '../../artifacts/store/artifact-store.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { currentProcess } from '../../artifacts/process-identity.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { OwnProcess } from './own-process.js';
import type { RunOptions } from './run-options.js';
import type { ExecutionEnd } from './step-execution.js';

/** Results that are taken there at the same time. */
const PUSHED_AT_ONCE = 2;

/** A result that stands in the store of this machine now. */
export interface FetchedResult {
  /** Of the store that it is from. */
  readonly address: string;
  readonly record: ResultRecord;
  readonly outputs: readonly ProducedArtifact[];
}

/** Whether a result has just the outputs that a node has. */
function fits({ outputs }: ResultRecord, node: GraphNode): boolean {
  const ports = Object.entries(node.outputs);
  return (
    ports.length === outputs.length &&
    ports.every(([port, type]) =>
      outputs.some((each) => each.port === port && each.type === type.name && each.index === 0),
    )
  );
}

/** What makes the results of a run. */
type SharingOptions = Pick<RunOptions, 'graph' | 'cache' | 'force' | 'checkDeterminism' | 'report' | 'stop'>;

/** The remote store in one run. */
export class SharedResults {
  readonly #remote: RemoteStore;
  readonly #options: SharingOptions;
  readonly #run: number;
  readonly #artifacts: ArtifactStore;
  readonly #ownProcess: OwnProcess;
  readonly #pushing = new PQueue({ concurrency: PUSHED_AT_ONCE });
  /** Fingerprints whose copy there is damaged, and is written over. */
  readonly #damaged = new Set<Digest>();
  #reachable = true;

  constructor(
    remote: RemoteStore,
    options: SharingOptions,
    run: number,
    { artifacts, ownProcess }: { readonly artifacts: ArtifactStore; readonly ownProcess: OwnProcess },
  ) {
    this.#remote = remote;
    this.#options = options;
    this.#run = run;
    this.#artifacts = artifacts;
    this.#ownProcess = ownProcess;
  }

  /** Whether another machine may stand for a node, or be told what it came to. */
  #concerns(node: GraphNode): boolean {
    const { cache, force, checkDeterminism } = this.#options;
    return cache && node.cache && !checkDeterminism && !force.has(node.name) && !node.spec.external;
  }

  /** Looks for the result of a step, and brings its artifacts here; undefined when there is none that can be believed. */
  async fetch(node: GraphNode, fingerprint: Digest): Promise<FetchedResult | undefined> {
    if (!this.#reachable || !this.#concerns(node)) return undefined;
    const { address } = this.#remote;
    try {
      const record = await this.#remote.result(fingerprint);
      if (record === undefined) return undefined;
      if (typeof record === 'string') throw new StoreError('damaged', `the result in ${address} is ${record}`);
      if (!fits(record, node)) {
        throw new StoreError('damaged', `the result in ${address} has other outputs than the step`);
      }
      const outputs: ProducedArtifact[] = [];
      for (const { port, index, type, digest, properties } of record.outputs) {
        const { bytes, files, witness } = await this.#remote.pull(digest, this.#artifacts);
        outputs.push({ port, index, type, digest, properties, bytes, files, witness });
      }
      return { address, record, outputs };
    } catch (error) {
      if (!this.#options.stop.aborted) this.#tell(node.name, fingerprint, error);
      return undefined;
    }
  }

  /** Takes what a node has come to there, beside what runs; nothing for those who may only read. */
  share(node: GraphNode, fingerprint: Digest, { made, metrics, timings, resources }: ExecutionEnd): void {
    if (!this.#remote.rights.write || !this.#concerns(node)) return;
    const { cpuMs, peakMemoryBytes } = resources;
    const outputs = made.map(({ port, index, artifact: { type, digest, properties } }) => ({
      port,
      index,
      type,
      digest,
      properties,
    }));
    const record: ResultRecord = {
      version: 1,
      fingerprint,
      outputs,
      metrics,
      timings,
      resources: {
        ...(cpuMs === undefined ? {} : { cpuMs }),
        ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
      },
      made: { pipeline: this.#options.graph.name, node: node.name, run: this.#run, host: currentProcess().host },
    };
    void this.#pushing.add(() => this.#push(node.name, record));
  }

  async #push(node: string, record: ResultRecord): Promise<void> {
    if (!this.#reachable) return;
    try {
      this.#options.stop.throwIfAborted();
      await this.#ownProcess.during(() =>
        this.#remote.push(record, this.#artifacts, this.#damaged.has(record.fingerprint)),
      );
    } catch (error) {
      this.#tell(node, record.fingerprint, error);
    }
  }

  /** Waits until all is there. */
  async settled(): Promise<void> {
    await this.#pushing.onIdle();
  }

  #tell(node: string, fingerprint: Digest, error: unknown): void {
    if (error instanceof StoreError && error.code === 'damaged') {
      this.#damaged.add(fingerprint);
      this.#warn(node, `${error.message}; it is not used`);
      return;
    }
    if (!this.#reachable) return;
    this.#reachable = false;
    const { address } = this.#remote;
    const why = this.#options.stop.aborted
      ? `the run was stopped before all of its results were in ${address}`
      : `${address} cannot be used: ${errorMessage(error)}; the run goes on without it`;
    this.#warn(node, why);
  }

  #warn(node: string, message: string): void {
    this.#options.report({ type: 'step-log', node, level: 'warn', message });
  }
}
