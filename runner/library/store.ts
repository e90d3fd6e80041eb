/**
 * A store as programs read it: runs, what was executed in them, artifacts, and what those were made from.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Lineage, WalkOptions } from '../../artifacts/lineage.js';
import type { ExecutionWithArtifacts, RunQuery } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord, RunRecord } from '../../artifacts/metadata/records.js';
import type { Soundness } from '../../artifacts/store/artifact-store.js';
import { PipelineError } from './pipeline-error.js';

/** Which artifacts are wanted, newest first. */
export interface ArtifactQuery {
  /** Name of an artifact type: `Model`. */
  readonly type?: string;
  readonly pipeline?: string;
  readonly limit?: number;
}

/** An open store. */
export interface Store {
  /** Absolute path of its folder. */
  readonly root: string;
  /** Runs, newest first. */
  readonly runs: (query?: RunQuery) => readonly RunRecord[];
  /** The run of a number. */
  readonly run: (id: number) => RunRecord | undefined;
  /** What was executed, or cached, in a run, with the artifacts that went in and came out; in the order of execution. */
  readonly executions: (run: number) => readonly ExecutionWithArtifacts[];
  /** Artifacts, newest first. */
  readonly artifacts: (query?: ArtifactQuery) => readonly ArtifactRecord[];
  readonly artifact: (id: number) => ArtifactRecord | undefined;
  /** Absolute path of the folder that holds an artifact's files; read-only, never to be changed. */
  readonly pathOf: (artifact: ArtifactRecord) => string;
  /** Hashes every byte of an artifact and compares with its digest. */
  readonly verify: (artifact: ArtifactRecord) => Promise<Soundness>;
  /**
   * What an artifact was made from, and what was made from it. Default: both ways, at most 200 artifacts.
   */
  readonly lineage: (artifact: ArtifactRecord, options?: Partial<WalkOptions>) => Lineage;
  /** Closes the metadata file; nothing can be asked afterwards. */
  readonly close: () => void;
}

/**
 * Opens the store of earlier runs. Runs whose process has died are closed as failed, as every command does.
 *
 * @param root - its folder. Default: `.pipeline` in the working folder
 * @throws PipelineError `no-store` when nothing has run there
 * @throws StoreError when it cannot be read
 */
export async function openStore(root = '.pipeline'): Promise<Store> {
  const [{ findRoot }, { openMetadataStore }, { openLocalArtifactStore }, { isAlive }, { walkLineage }] =
    await Promise.all([
      import('../../artifacts/store/store-root.js'),
      import('../../artifacts/metadata/sqlite-metadata-store.js'),
      import('../../artifacts/store/local-artifact-store.js'),
      import('../../artifacts/process-identity.js'),
      import('../../artifacts/lineage.js'),
    ]);
  const path = resolve(root);
  const places = findRoot(path);
  if (places === undefined || !existsSync(places.metadata)) {
    throw new PipelineError('no-store', `there is no store in ${path}`, 'run a pipeline first');
  }
  const metadata = openMetadataStore(places.metadata);
  metadata.closeDeadRuns(isAlive, Date.now());
  const files = openLocalArtifactStore(places);
  return {
    root: path,
    runs: (query = {}) => metadata.runs(query),
    run: (id) => metadata.run(id),
    executions: (run) => metadata.executionsOf(run),
    artifacts: (query = {}) => metadata.artifacts(query),
    artifact: (id) => metadata.artifact(id),
    pathOf: ({ digest }) => files.pathOf(digest),
    verify: ({ digest }) => files.verify(digest),
    lineage: (artifact, { direction = 'both', limit = 200 } = {}) =>
      walkLineage(metadata, artifact, { direction, limit }),
    close: () => {
      metadata.close();
    },
  };
}
