/**
 * Cached executions of a run that are on record already: an earlier run has the same node, made of the same, with the very
 * same artifacts. They belong to both runs, and are not written anew.
 */
import type { FingerprintRecord, NewExecution, StandingExecution } from '../../artifacts/metadata/metadata-store.js';
import type { Binding } from '../../artifacts/metadata/records.js';

/** One text for the same artifacts at the same places. */
function bindingsText(bindings: readonly Binding[]): string {
  return bindings
    .map(({ port, index, artifactId }) => `${port} ${String(index)} ${String(artifactId)}`)
    .sort()
    .join();
}

/** Gathers them for one run. */
export class RepeatedExecutions {
  readonly executions: number[] = [];
  /** Fingerprints beside which something else is to be kept: the places of ingredients have moved. */
  readonly fingerprints: FingerprintRecord[] = [];

  /** @param standing - executions of the earlier run that may be repeated, by node */
  constructor(private readonly standing: ReadonlyMap<string, StandingExecution>) {}

  /**
   * Takes an execution, if it is on record.
   *
   * @param origin - the execution that it is cached from
   */
  take({ node, component, fingerprint, inputs }: NewExecution, origin: number): boolean {
    const known = this.standing.get(node);
    if (
      known?.origin !== origin ||
      known.component !== component ||
      known.fingerprint !== fingerprint.digest ||
      bindingsText(known.inputs) !== bindingsText(inputs)
    )
      return false;
    this.executions.push(known.id);
    if (known.sources !== fingerprint.sources) this.fingerprints.push(fingerprint);
    return true;
  }
}
