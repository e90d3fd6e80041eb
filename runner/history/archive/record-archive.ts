/**
 * Puts the records of an archive into the metadata store: new ones only, so that importing twice is no harm. All or none.
 */
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import type {
  ExecutionWithArtifacts,
  MetadataStore,
  NewExecution,
} from '../../../artifacts/metadata/metadata-store.js';
import type { Binding, ProducedArtifact, RunRecord } from '../../../artifacts/metadata/records.js';
import type { StatWitness } from '../../../artifacts/store/artifact-store.js';
import { artifactTypes } from '../../../artifacts/types.js';
import { stepLogPath } from '../../../artifacts/store/step-log.js';
import {
  badArchive,
  type ArchivedBinding,
  type ArchivedExecution,
  type ArchivedRecords,
  type ArchivedRun,
} from './archive-format.js';

/** What became of an archive's records. */
export interface Recorded {
  /** Numbers of the runs here, by the numbers that they had. */
  readonly runs: ReadonlyMap<number, number>;
  /** Executions that were not here yet. */
  readonly added: number;
  /** Digests of logs, by their paths below the root here. */
  readonly logs: ReadonlyMap<string, string>;
}

/** What tells an execution from others of its run: a node may have been executed again, since an input was damaged. */
function identityOf({ node, startedAt }: Pick<ArchivedExecution, 'node' | 'startedAt'>): string {
  return `${node} ${String(startedAt)}`;
}

/** Records one archive. */
class Recording {
  readonly #runs = new Map<number, RunRecord>();
  /** By the numbers that they had. */
  readonly #executions = new Map<number, ExecutionWithArtifacts>();
  readonly #artifacts = new Map<number, number>();
  /** Executions that were here before, by the number that their run had, and by what tells them apart in it. */
  readonly #known = new Map<number, ReadonlyMap<string, number>>();
  added = 0;

  constructor(
    private readonly records: ArchivedRecords,
    private readonly metadata: MetadataStore,
    /** Of the artifacts whose files are here, by digest. */
    private readonly witnesses: ReadonlyMap<string, StatWitness>,
  ) {}

  get runs(): ReadonlyMap<number, number> {
    return new Map([...this.#runs].map(([old, { id }]) => [old, id]));
  }

  get logs(): ReadonlyMap<string, string> {
    return new Map(
      this.records.executions.flatMap(({ id, log }) => {
        const path = this.#executions.get(id)?.execution.log;
        return log === undefined || path === undefined ? [] : [[path, log] as const];
      }),
    );
  }

  record(): void {
    for (const run of this.records.runs) this.#recordRun(run);
    for (const execution of this.records.executions) {
      const id = this.#standing(execution) ?? this.#insert(execution);
      const step = this.metadata.execution(id);
      if (step === undefined) throw new Error(`no execution ${String(id)}`);
      this.#executions.set(execution.id, step);
      for (const { port, index, artifact } of execution.outputs) {
        const bound = step.outputs.find((output) => output.port === port && output.index === index);
        if (bound !== undefined && !this.#artifacts.has(artifact)) this.#artifacts.set(artifact, bound.artifact.id);
      }
    }
    this.#retireMissing();
  }

  #recordRun(run: ArchivedRun): void {
    const { pipeline, file, params, startedAt, owner, state, endedAt } = run;
    const identity = canonicalJson({ ...owner });
    const known = this.metadata
      .runs({ pipeline })
      .find((other) => other.startedAt === startedAt && canonicalJson({ ...other.owner }) === identity);
    if (known !== undefined) {
      const steps = this.metadata.executionsOf(known.id).map((step) => step.execution);
      this.#runs.set(run.id, known);
      this.#known.set(run.id, new Map(steps.map((step) => [identityOf(step), step.id])));
      return;
    }
    const begun = this.metadata.beginRun({ pipeline, file, params, startedAt, owner });
    this.metadata.endRun(begun.id, state, endedAt);
    this.#runs.set(run.id, begun);
  }

  #runOf({ run }: ArchivedExecution): number {
    return this.#runs.get(run)?.id ?? 0;
  }

  /** The execution that is here already. */
  #standing(execution: ArchivedExecution): number | undefined {
    return this.#known.get(execution.run)?.get(identityOf(execution));
  }

  #bindings(bindings: readonly ArchivedBinding[], where: string): readonly Binding[] {
    return bindings.map(({ port, index, artifact }) => {
      const artifactId = this.#artifacts.get(artifact);
      if (artifactId === undefined) throw badArchive(`${where} has an artifact that nothing made`);
      return { port, index, artifactId };
    });
  }

  #produced(execution: ArchivedExecution): readonly ProducedArtifact[] {
    return execution.outputs.map(({ port, index, artifact }) => {
      const record = this.records.artifacts.get(artifact);
      if (record === undefined) throw badArchive(`${execution.node} has an output that is not there`);
      const { type, digest, properties, bytes, files } = record;
      return { port, index, type, digest, properties, bytes, files, witness: this.witnesses.get(digest) ?? {} };
    });
  }

  /** Where the log of an execution lies here: that of a cached one is what the executed one said. */
  #logPath({ log, cachedFrom, node }: ArchivedExecution, runId: number): string | undefined {
    const origin = cachedFrom === undefined ? undefined : this.#executions.get(cachedFrom)?.execution.log;
    return log === undefined ? undefined : (origin ?? stepLogPath(runId, node));
  }

  #insert(execution: ArchivedExecution): number {
    this.added++;
    const { metadata } = this;
    const { node, component, state, startedAt, endedAt, reason, attempts } = execution;
    const runId = this.#runOf(execution);
    if (state === 'SKIPPED') {
      return metadata.recordSkipped({ runId, node, component, reason: reason ?? '', at: startedAt });
    }
    const fingerprint = this.records.fingerprints.get(execution.fingerprint ?? '');
    if (fingerprint === undefined) throw badArchive(`${node} has no fingerprint`);
    const inputs = this.#bindings(execution.inputs, node);
    const { cpuMs, peakMemoryBytes } = execution.resources ?? {};
    const resources = { cpuMs, peakMemoryBytes };
    const log = this.#logPath(execution, runId);
    const begun: NewExecution = { runId, node, component, fingerprint, inputs, startedAt, log, reason };
    if (state === 'FAILED' || state === 'CANCELED') {
      const id = metadata.beginExecution(begun);
      const failure = execution.failure ?? { code: 'unknown', message: '' };
      const { timings } = execution;
      metadata.failExecution(id, { state, failure, timings, resources, attempts, endedAt });
      return id;
    }
    const origin = execution.cachedFrom === undefined ? undefined : this.#executions.get(execution.cachedFrom);
    const cached =
      state === 'CACHED' && origin !== undefined ? metadata.recordCached(begun, origin, endedAt) : undefined;
    if (cached !== undefined) return cached;
    // What came from elsewhere was made by another execution: a resolver's, or one whose outputs may no longer be used.
    const isMadeElsewhere = execution.outputs.some(({ artifact }) => this.#artifacts.has(artifact));
    if (isMadeElsewhere) return metadata.recordResolved(begun, this.#bindings(execution.outputs, node), endedAt);
    const { metrics, timings = { queuedMs: 0, executeMs: 0, publishMs: 0 } } = execution;
    const outputs = this.#produced(execution);
    const reusable = execution.reusable && outputs.every(({ digest }) => this.witnesses.has(digest));
    const completion = { outputs, metrics, timings, resources, attempts, endedAt, reusable };
    return metadata.recordCompleted(begun, completion).id;
  }

  /** Says of artifacts whose files did not come along, and are not here, that they are gone. */
  #retireMissing(): void {
    for (const { digest } of this.records.artifacts.values()) {
      if (!this.witnesses.has(digest)) this.metadata.retireArtifact(digest);
    }
  }
}

/**
 * Records an archive.
 *
 * @param witnesses - of the artifacts whose files are in the store now, by digest
 * @throws RequestError `bad-archive` when the records do not fit together
 */
export function recordArchive(
  records: ArchivedRecords,
  metadata: MetadataStore,
  witnesses: ReadonlyMap<string, StatWitness>,
): Recorded {
  return metadata.transaction(() => {
    metadata.registerTypes(artifactTypes.values());
    const recording = new Recording(records, metadata, witnesses);
    recording.record();
    return { runs: recording.runs, added: recording.added, logs: recording.logs };
  });
}
