/**
 * The records that an archive of a run holds: its own, and those of the executions that it builds on, in other runs too.
 */
import { makerOf } from '../../../artifacts/metadata/maker.js';
import type {
  BoundArtifact,
  ExecutionWithArtifacts,
  MetadataStore,
} from '../../../artifacts/metadata/metadata-store.js';
import type { ResourceUse, RunRecord } from '../../../artifacts/metadata/records.js';
import type {
  ArchivedArtifact,
  ArchivedBinding,
  ArchivedExecution,
  ArchivedRecords,
  ArchivedRun,
} from './archive-format.js';
import type { PackedLogs } from './archived-logs.js';

/** The executions of a run, and all that what they used came from; what was made earlier first. */
function withOrigins(run: RunRecord, metadata: MetadataStore): readonly ExecutionWithArtifacts[] {
  const found = new Map<number, ExecutionWithArtifacts>();
  const steps = metadata.executionsOf(run.id);
  const originals = steps.flatMap(({ execution }) => metadata.execution(execution.id) ?? []);
  const left = [...originals];
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    if (found.has(step.execution.id)) continue;
    found.set(step.execution.id, step);
    const { cachedFrom } = step.execution;
    const origin = cachedFrom === undefined ? undefined : metadata.execution(cachedFrom);
    if (origin !== undefined) left.push(origin);
    for (const { artifact } of [...step.inputs, ...step.outputs]) {
      const maker = makerOf(artifact.id, metadata);
      if (maker !== undefined && !found.has(maker.execution.id)) left.push(maker);
    }
  }
  const made = [...found.values()].sort((a, b) => a.execution.id - b.execution.id);
  // A run that repeats another has executions of its own in an archive, which numbers them anew.
  const last = made.at(-1)?.execution.id ?? 0;
  const repeated = steps
    .filter((_, place) => originals[place]?.execution.runId !== run.id)
    .map((step, place) => ({ ...step, execution: { ...step.execution, id: last + 1 + place } }));
  return [...made, ...repeated];
}

function archivedRun({ id, pipeline, file, params, state, startedAt, endedAt, owner }: RunRecord): ArchivedRun {
  // A run that others were cached from may be going on still.
  const ended = state === 'RUNNING' ? 'CANCELED' : state;
  return { record: 'run', id, pipeline, file, params, state: ended, startedAt, endedAt: endedAt ?? startedAt, owner };
}

function archivedBinding({ port, index, artifact }: BoundArtifact): ArchivedBinding {
  return { port, index, artifact: artifact.id };
}

/** Only what was measured. */
function measured({ cpuMs, peakMemoryBytes }: ResourceUse): Partial<ResourceUse> {
  return { ...(cpuMs === undefined ? {} : { cpuMs }), ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }) };
}

async function archivedExecution(
  step: ExecutionWithArtifacts,
  metadata: MetadataStore,
  logs: PackedLogs,
): Promise<readonly ArchivedExecution[]> {
  const { id, runId, node, component, state, fingerprint, cachedFrom, reason, metrics } = step.execution;
  const { failure, timings, resources, attempts, startedAt, endedAt } = step.execution;
  // Nothing can be said of what goes on, or never came so far as to have a fingerprint.
  if (state === 'RUNNING' || (state !== 'SKIPPED' && fingerprint === undefined)) return [];
  const reusable = step.outputs.some(({ artifact }) => metadata.standing(artifact.digest).executions.includes(id));
  const log = await logs.add(step.execution.log);
  return [
    {
      record: 'execution',
      id,
      run: runId,
      node,
      component,
      state,
      ...(fingerprint === undefined || state === 'SKIPPED' ? {} : { fingerprint }),
      ...(cachedFrom === undefined ? {} : { cachedFrom }),
      ...(reason === undefined ? {} : { reason }),
      metrics,
      ...(failure === undefined ? {} : { failure }),
      ...(timings === undefined ? {} : { timings }),
      ...(resources === undefined ? {} : { resources: measured(resources) }),
      attempts,
      ...(log === undefined ? {} : { log }),
      reusable: state === 'COMPLETE' && reusable,
      startedAt,
      endedAt: endedAt ?? startedAt,
      inputs: step.inputs.map(archivedBinding),
      outputs: step.outputs.map(archivedBinding),
    },
  ];
}

/**
 * Gathers them.
 *
 * @param isThere - whether the files of an artifact are in the store
 * @param logs - gathers what the steps said
 */
export async function runRecords(
  run: RunRecord,
  metadata: MetadataStore,
  isThere: (digest: string) => boolean,
  logs: PackedLogs,
): Promise<ArchivedRecords> {
  const steps = withOrigins(run, metadata);
  const executions: ArchivedExecution[] = [];
  for (const step of steps) executions.push(...(await archivedExecution(step, metadata, logs)));
  const runIds = [...new Set([run.id, ...executions.map((execution) => execution.run)])].sort((a, b) => a - b);
  const bound = steps.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  const artifacts = bound.map(
    ({ artifact: { id, type, digest, properties, bytes, files, gone } }): ArchivedArtifact => ({
      record: 'artifact',
      id,
      type,
      digest,
      properties,
      bytes,
      files,
      gone: gone || !isThere(digest),
    }),
  );
  const fingerprints = new Set(
    executions.flatMap(({ fingerprint }) => (fingerprint === undefined ? [] : [fingerprint])),
  );
  return {
    runs: runIds.flatMap((id) => metadata.run(id) ?? []).map(archivedRun),
    fingerprints: new Map(
      [...fingerprints].flatMap((digest) => {
        const record = metadata.fingerprint(digest);
        return record === undefined ? [] : [[digest, record] as const];
      }),
    ),
    artifacts: new Map(artifacts.sort((a, b) => a.id - b.id).map((artifact) => [artifact.id, artifact])),
    executions,
  };
}
