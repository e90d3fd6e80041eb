/**
 * The contract of components whose outputs are artifacts that are in the store already. They look and choose; whether a
 * candidate is sound, and what is recorded, is the runner's business.
 */
import type { MetadataStore } from '../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord } from '../artifacts/metadata/records.js';

/** What was recorded of earlier runs, to be read. */
export type Catalog = Pick<MetadataStore, 'artifacts' | 'eventsOfArtifact' | 'execution' | 'witness'>;

/** What is looked for. */
export interface ResolveQuery {
  /** Checked by the component's descriptors. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Name of the wanted artifact type. */
  readonly type: string;
  /** The pipeline that asks. */
  readonly pipeline: string;
}

/** An artifact that will do. */
export interface Candidate {
  readonly artifact: ArtifactRecord;
  /** Where it comes from, in a few words. */
  readonly found: string;
}

/** Finds artifacts, the best first; when there is none, says what there is none of. */
export type Resolve = (
  query: ResolveQuery,
  catalog: Catalog,
) => { readonly candidates: Iterable<Candidate>; readonly none: string };
