/**
 * The artifacts of a step in the forms in which they are bound, recorded and told.
 */
import type { Binding } from '../../artifacts/metadata/records.js';
import { type ArtifactsByPort } from '../plan/arrival.js';
import type { ReportedArtifact } from './run-event.js';

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

/** Bytes of artifacts together. */
export function bytesIn(ports: ArtifactsByPort): number {
  let sum = 0;
  for (const artifacts of Object.values(ports)) for (const { bytes } of artifacts) sum += bytes;
  return sum;
}
