/**
 * The artifacts of a step in the forms in which they are bound, recorded and told.
 */
import type { ArtifactRecord, Binding, ProducedArtifact } from '../../artifacts/metadata/records.js';
import { type ArtifactsByPort } from '../plan/arrival.js';
import type { ReportedArtifact } from './run-event.js';

/** Records of artifacts by port. */
export function madeByPort(outputs: readonly ProducedArtifact[], records: readonly ArtifactRecord[]): ArtifactsByPort {
  const ports: Record<string, ArtifactRecord[]> = {};
  outputs.forEach(({ port }, index) => {
    const record = records[index];
    if (record !== undefined) (ports[port] ??= []).push(record);
  });
  return ports;
}

export function bindings(inputs: ArtifactsByPort): readonly Binding[] {
  return Object.entries(inputs).flatMap(([port, artifacts]) =>
    artifacts.map(({ id }, index) => ({ port, index, artifactId: id })),
  );
}

export function reported(outputs: ArtifactsByPort): readonly ReportedArtifact[] {
  return Object.entries(outputs).flatMap(([port, artifacts]) =>
    artifacts.map(({ type, digest, bytes }) => ({ port, type, digest, bytes })),
  );
}

export function byteSum(artifacts: Iterable<{ readonly bytes: number }>): number {
  let sum = 0;
  for (const { bytes } of artifacts) sum += bytes;
  return sum;
}
