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
import type { GraphNode } from '../graph/pipeline-graph.js';
import type { OwnProcess } from './own-process.js';

/** Results that are taken there at the same time. */
const PUSHED_AT_ONCE = 2;

/** A result that stands in the store of this machine now. */
export interface FetchedResult {
  readonly record: ResultRecord;
  readonly outputs: readonly ProducedArtifact[];
}

/** Tells of what went wrong for one node. */
type Warn = (node: string, message: string) => void;

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

/** The remote store in one run. */
export class SharedResults {
  readonly #remote: RemoteStore;
  readonly #artifacts: ArtifactStore;
  readonly #ownProcess: OwnProcess;
  readonly #warn: Warn;
  readonly #stop: AbortSignal;
  readonly #pushing = new PQueue({ concurrency: PUSHED_AT_ONCE });
  /** Fingerprints whose copy there is damaged, and is written over. */
  readonly #damaged = new Set<Digest>();
  #reachable = true;

  /** @param stop - aborts when the run is to stop, and with it what goes on in the remote store */
  constructor(remote: RemoteStore, artifacts: ArtifactStore, ownProcess: OwnProcess, warn: Warn, stop: AbortSignal) {
    this.#remote = remote;
    this.#artifacts = artifacts;
    this.#ownProcess = ownProcess;
    this.#warn = warn;
    this.#stop = stop;
  }

  get address(): string {
    return this.#remote.address;
  }

  /** Looks for the result of a step, and brings its artifacts here; undefined when there is none that can be believed. */
  async fetch(node: GraphNode, fingerprint: Digest): Promise<FetchedResult | undefined> {
    if (!this.#reachable) return undefined;
    try {
      const record = await this.#remote.result(fingerprint);
      if (record === undefined) return undefined;
      if (typeof record === 'string') throw new StoreError('damaged', `the result in ${this.address} is ${record}`);
      if (!fits(record, node)) {
        throw new StoreError('damaged', `the result in ${this.address} has other outputs than the step`);
      }
      const outputs: ProducedArtifact[] = [];
      for (const { port, index, type, digest, properties } of record.outputs) {
        const { bytes, files, witness } = await this.#remote.pull(digest, this.#artifacts);
        outputs.push({ port, index, type, digest, properties, bytes, files, witness });
      }
      return { record, outputs };
    } catch (error) {
      if (!this.#stop.aborted) this.#tell(node.name, fingerprint, error);
      return undefined;
    }
  }

  /** Takes a result there, beside what runs; nothing for those who may only read. */
  share(node: string, record: ResultRecord): void {
    if (!this.#remote.rights.write) return;
    void this.#pushing.add(async () => {
      if (!this.#reachable) return;
      try {
        this.#stop.throwIfAborted();
        await this.#ownProcess.during(() =>
          this.#remote.push(record, this.#artifacts, this.#damaged.has(record.fingerprint)),
        );
      } catch (error) {
        this.#tell(node, record.fingerprint, error);
      }
    });
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
    const why = this.#stop.aborted
      ? `the run was stopped before all of its results were in ${this.address}`
      : `${this.address} cannot be used: ${errorMessage(error)}; the run goes on without it`;
    this.#warn(node, why);
  }
}
