/**
 * The artifact that a file or folder came from: one of the store by its path, a pushed version by its record, any other by
 * the digests of its files.
 */
import { lstat, realpath, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { hashFile, listOutsideFiles } from '../../artifacts/digest.js';
import type { MetadataStore } from '../../artifacts/metadata/metadata-store.js';
import type { ArtifactRecord } from '../../artifacts/metadata/records.js';
import type { ManifestFile } from '../../artifacts/store/artifact-store.js';
import { findFiles } from '../../artifacts/store/find-files.js';
import { manifestDigest } from '../../artifacts/store/manifest.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import type { StoreRoot } from '../../artifacts/store/store-root.js';
import { ORIGIN_FILE, readOrigin, type Origin } from '../../components/pusher/push-record.js';
import { shortDigest } from '../reporting/text/quantities.js';
import { RequestError } from '../source/request-error.js';

/** What a path turned out to be. */
export interface FoundByFiles {
  readonly artifact: ArtifactRecord;
  /** Files that are there, and how many of them the artifact holds. */
  readonly files: number;
  readonly matching: number;
  /** Digests of others that hold as many. */
  readonly others: readonly string[];
}

/** Whether there is something at a path. */
export async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** The digest in the path of what lies in the store. */
async function storedDigest(path: string, root: StoreRoot): Promise<string | undefined> {
  const [place, artifacts] = await Promise.all([realpath(path), realpath(root.artifacts).catch(() => root.artifacts)]);
  const [name = ''] = relative(artifacts, place).split(sep);
  return /^([0-9a-f]{64})(?:\.manifest\.json)?$/u.exec(name)?.[1];
}

async function filesAt(path: string): Promise<readonly ManifestFile[]> {
  const isFile = (await stat(path)).isFile();
  const listed = isFile ? [{ path: '', absolute: path }] : listOutsideFiles(path);
  const files: ManifestFile[] = [];
  for (const file of listed) files.push({ path: file.path, ...(await hashFile(file.absolute)) });
  return files;
}

/** Artifacts by how much of the files they hold, best first; of equals the one that holds least besides. */
function ranked(files: readonly ManifestFile[], root: StoreRoot): readonly { digest: string; matching: number }[] {
  const wanted = new Set(files.map(({ sha256 }) => sha256));
  return findFiles(root, wanted)
    .map(({ digest, manifest }) => {
      const held = new Set(manifest.files.map(({ sha256 }) => sha256));
      const shared = files.filter(({ sha256 }) => held.has(sha256));
      const bytes = shared.reduce((sum, { size }) => sum + size, 0);
      return { digest, matching: shared.length, bytes, besides: manifest.files.length - shared.length };
    })
    .sort((a, b) => b.matching - a.matching || b.bytes - a.bytes || a.besides - b.besides);
}

/** The model that a pushed version says it is of, with how many of the version's files are really those of it. */
function byOrigin(
  { model, tflite_model: tflite }: Origin,
  files: readonly ManifestFile[],
  path: string,
  root: StoreRoot,
  known: (digest: string) => ArtifactRecord | undefined,
): FoundByFiles {
  const artifact = known(model);
  if (artifact === undefined) {
    throw new RequestError(
      'no-artifact',
      `${path} was pushed from model ${shortDigest(model)}, which this store does not know`,
      'name the store that has it with --root',
    );
  }
  const held = findFiles(root, new Set(files.map(({ sha256 }) => sha256)))
    .filter(({ digest }) => digest === model || digest === tflite)
    .flatMap(({ manifest }) => manifest.files.map(({ sha256 }) => sha256));
  const matching = files.filter(({ sha256 }) => held.includes(sha256)).length;
  return { artifact, files: files.length, matching, others: [] };
}

/**
 * Finds it.
 *
 * @param path - absolute; something is there
 * @throws RequestError `no-artifact` when no artifact that is known holds any of the files
 * @throws StoreError when it cannot be read
 */
export async function findByFiles(path: string, root: StoreRoot, metadata: MetadataStore): Promise<FoundByFiles> {
  const known = (digest: string): ArtifactRecord | undefined => metadata.artifactsByDigest(digest)[0];
  try {
    const inStore = await storedDigest(path, root);
    const stored = inStore === undefined ? undefined : known(inStore);
    if (stored !== undefined) return { artifact: stored, files: 1, matching: 1, others: [] };
    const origin = await readOrigin(path);
    const files = await filesAt(path);
    if (origin !== undefined) {
      const pushed = files.filter((file) => file.path !== ORIGIN_FILE);
      return byOrigin(origin, pushed, path, root, known);
    }
    const whole = known(manifestDigest({ version: 1, files }));
    if (whole !== undefined) return { artifact: whole, files: files.length, matching: files.length, others: [] };
    const [best, ...more] = ranked(files, root).filter(({ digest }) => known(digest) !== undefined);
    const artifact = best === undefined ? undefined : known(best.digest);
    if (best !== undefined && artifact !== undefined) {
      const others = more.filter(({ matching }) => matching === best.matching).map(({ digest }) => digest);
      return { artifact, files: files.length, matching: best.matching, others };
    }
    throw new RequestError(
      'no-artifact',
      `no artifact of this store holds ${files.length === 1 ? 'the file' : `any of the ${String(files.length)} files of`} ${path}`,
      'it was changed, or made elsewhere: name its store with --root',
    );
  } catch (error) {
    throw StoreError.from(error, `reading ${path}`);
  }
}
