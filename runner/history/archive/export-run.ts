/**
 * Writes the archive of a run. Artifacts are verified before they go in; the archive is staged beside its place, and the
 * same run gives the same bytes.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import { realDisk } from '../../../artifacts/disk.js';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { unfitPath } from '../../../artifacts/portable-path.js';
import type { ArtifactStore } from '../../../artifacts/store/artifact-store.js';
import { StoreError } from '../../../artifacts/store/store-error.js';
import type { StoreRoot } from '../../../artifacts/store/store-root.js';
import { withUnfinished } from '../../../artifacts/unfinished.js';
import { RequestError } from '../../source/request-error.js';
import { ARCHIVE, ARCHIVE_FORMAT, type ArchivedRecords, type PackedFile } from './archive-format.js';
import { packedCode } from './archived-code.js';
import { PackedLogs } from './archived-logs.js';
import { runRecords } from './run-records.js';

/** What was written. */
export interface Exported {
  readonly artifacts: number;
  readonly bytes: number;
  /** Digests of artifacts whose files are gone: only their records are in the archive. */
  readonly gone: readonly string[];
}

/** The store that a run is taken from. */
export interface ExportedStore {
  readonly root: StoreRoot;
  readonly metadata: MetadataStore;
  readonly artifacts: ArtifactStore;
}

async function artifactFiles(digest: string, artifacts: ArtifactStore): Promise<readonly PackedFile[]> {
  const found = await artifacts.verify(digest);
  const manifest = await artifacts.manifest(digest);
  if (found.state !== 'sound' || manifest === undefined) {
    const why = found.state === 'damaged' ? `: ${found.problems[0] ?? ''}` : '';
    throw new StoreError(
      'damaged',
      `artifact ${digest.slice(0, 12)} is ${found.state}${why}`,
      "'pipeline verify' sets aside what is damaged, and the next run makes it again",
    );
  }
  const folder = artifacts.pathOf(digest);
  return [
    { absolute: `${folder}.manifest.json`, path: `${ARCHIVE.artifacts}/${digest}.manifest.json` },
    ...manifest.files.map(({ path }) => ({
      absolute: join(folder, path),
      path: `${ARCHIVE.artifacts}/${digest}/${path}`,
    })),
  ];
}

function recordLines({ runs, fingerprints, artifacts, executions }: ArchivedRecords): string {
  const records = [
    ...runs,
    ...[...fingerprints.values()].map((fingerprint) => ({ record: 'fingerprint', ...fingerprint })),
    ...artifacts.values(),
    ...executions,
  ];
  return records.map((record) => `${canonicalJson(record)}\n`).join('');
}

async function pack(files: readonly PackedFile[], target: string): Promise<void> {
  const paths = new Map(files.map(({ absolute, path }) => [absolute, path]));
  await create(
    {
      file: target,
      gzip: true,
      portable: true,
      mtime: new Date(0),
      preservePaths: true,
      strict: true,
      onWriteEntry: (entry) => {
        entry.path = paths.get(entry.absolute) ?? entry.path;
      },
    },
    [...paths.keys()],
  );
}

/**
 * Writes it.
 *
 * @param code - the pipeline file and the user code, by their paths below `pipeline/`
 * @param output - absolute path of the archive
 * @throws RequestError `exists` when it is there already, `bad-name` when a file cannot be packed under its name
 * @throws StoreError `damaged`
 */
export async function exportRun(
  run: RunRecord,
  { root, metadata, artifacts }: ExportedStore,
  code: readonly PackedFile[],
  output: string,
  force: boolean,
): Promise<Exported> {
  if (run.state === 'RUNNING') throw new RequestError('still-running', `run ${String(run.id)} is going on`);
  if (existsSync(output) && !force) {
    throw new RequestError('exists', `${output} is there already`, 'replace it with --force');
  }
  const logs = new PackedLogs(root);
  const records = await runRecords(run, metadata, (digest) => existsSync(artifacts.pathOf(digest)), logs);
  const all = [...records.artifacts.values()];
  const digests = [...new Set(all.filter(({ gone }) => !gone).map(({ digest }) => digest))].sort();
  return await withUnfinished(dirname(output), async (staging) => {
    try {
      await realDisk.makeFolder(staging);
      const texts = {
        [ARCHIVE.head]: `${canonicalJson({ format: ARCHIVE_FORMAT, run: run.id })}\n`,
        [ARCHIVE.records]: recordLines(records),
      };
      const files: PackedFile[] = [];
      for (const [path, text] of Object.entries(texts)) {
        await realDisk.writeFile(join(staging, path), text);
        files.push({ absolute: join(staging, path), path });
      }
      files.push(...code.map(({ absolute, path }) => ({ absolute, path: `${ARCHIVE.pipeline}/${path}` })));
      files.push(...logs.files, ...(await packedCode(root, records)));
      for (const digest of digests) files.push(...(await artifactFiles(digest, artifacts)));
      const unfit = unfitPath(files.map(({ path }) => path));
      if (unfit !== undefined) {
        throw new RequestError('bad-name', `'${unfit.path.slice(0, 200)}' cannot be packed: ${unfit.fault}`);
      }
      const archive = join(staging, 'archive.tar.gz');
      await pack(files, archive);
      await realDisk.sync(archive);
      await realDisk.rename(archive, output);
      const unique = new Map(all.map((artifact) => [artifact.digest, artifact]));
      return {
        artifacts: digests.length,
        bytes: digests.reduce((sum, digest) => sum + (unique.get(digest)?.bytes ?? 0), 0),
        gone: [...unique.values()].filter(({ gone }) => gone).map(({ digest }) => digest),
      };
    } catch (error) {
      throw StoreError.from(error, `writing ${output}`);
    }
  });
}
