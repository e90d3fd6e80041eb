/**
 * Who made an artifact: executions that were cached have it as an output too, but did not make it.
 */
import type { ExecutionWithArtifacts, MetadataStore } from './metadata-store.js';

/** The execution that made an artifact, and the port it came out at. */
export function makerOf(
  artifactId: number,
  metadata: MetadataStore,
): (ExecutionWithArtifacts & { readonly port: string }) | undefined {
  for (const { direction, executionId, port } of metadata.eventsOfArtifact(artifactId)) {
    const maker = direction === 'output' ? metadata.execution(executionId) : undefined;
    if (maker !== undefined && maker.execution.state !== 'CACHED') return { ...maker, port };
  }
  return undefined;
}
