/**
 * The manifest of an artifact: its files with their digests. Its own digest is the artifact's, so it proves itself.
 */
import { canonicalJson } from '../canonical-json.js';
import { hashFile, isDigest, listFiles, sha256Hex, type ListedFile } from '../digest.js';
import { mappingOf } from '../mapping.js';
import { unfitPath } from '../portable-path.js';
import type { Digest, Manifest, ManifestFile } from './artifact-store.js';
import { StoreError } from './store-error.js';

/** Files of one artifact that are hashed at the same time. */
const HASHED_AT_ONCE = 4;

/** The files of an artifact's folder; links are refused. */
export function artifactFiles(folder: string): readonly ListedFile[] {
  return listFiles(folder, (link) => {
    throw new StoreError('not-a-file', `${link} is a symbolic link`, 'write the file itself into the artifact');
  });
}

/** Hashes files that {@link artifactFiles} has listed. */
export async function manifestOf(listed: readonly ListedFile[]): Promise<Manifest> {
  const files: ManifestFile[] = [];
  for (let start = 0; start < listed.length; start += HASHED_AT_ONCE) {
    const batch = listed.slice(start, start + HASHED_AT_ONCE);
    files.push(
      ...(await Promise.all(batch.map(async ({ path, absolute }) => ({ path, ...(await hashFile(absolute)) })))),
    );
  }
  return { version: 1, files };
}

/** Hashes every file of a folder. */
export async function makeManifest(folder: string): Promise<Manifest> {
  return await manifestOf(artifactFiles(folder));
}

/** Bytes of all files together. */
export function manifestBytes({ files }: Manifest): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** The digest of an artifact with this manifest. */
export function manifestDigest(manifest: Manifest): Digest {
  return sha256Hex(canonicalJson(manifest));
}

function isManifestFile(value: unknown): value is ManifestFile {
  const { path, size, sha256 } = mappingOf(value) ?? {};
  return (
    typeof path === 'string' &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    typeof sha256 === 'string' &&
    isDigest(sha256)
  );
}

/**
 * Reads a manifest; undefined when it is not the one that the digest promises, or none that this program would write. The
 * digest alone proves little: with an artifact from elsewhere, the digest comes from there, too.
 */
export function parseManifest(text: string, digest: Digest): Manifest | undefined {
  if (sha256Hex(text) !== digest) return undefined;
  try {
    const { version, files } = mappingOf(JSON.parse(text)) ?? {};
    const isSound = version === 1 && Array.isArray(files) && files.every(isManifestFile);
    return isSound && unfitPath(files.map(({ path }) => path)) === undefined ? { version, files } : undefined;
  } catch {
    return undefined;
  }
}

/** How two manifests differ, a sentence a file. */
export function manifestProblems(promised: Manifest, found: Manifest): readonly string[] {
  const there = new Map(found.files.map((file) => [file.path, file]));
  const problems: string[] = [];
  for (const file of promised.files) {
    const other = there.get(file.path);
    there.delete(file.path);
    if (other === undefined) problems.push(`${file.path} is missing`);
    else if (other.size !== file.size) {
      problems.push(`${file.path} has ${String(other.size)} bytes instead of ${String(file.size)}`);
    } else if (other.sha256 !== file.sha256) problems.push(`${file.path} has other content`);
  }
  for (const path of there.keys()) problems.push(`${path} does not belong to it`);
  return problems;
}
