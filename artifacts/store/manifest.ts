/**
 * The manifest of an artifact: its files with their digests. Its own digest is the artifact's, so it proves itself.
 */
import { canonicalJson } from '../canonical-json.js';
import { hashFile, listFiles, sha256Hex, type ListedFile } from '../digest.js';
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

/** The digest of an artifact with this manifest. */
export function manifestDigest(manifest: Manifest): Digest {
  return sha256Hex(canonicalJson(manifest));
}

/** Reads a manifest back; undefined when it is not the one that the digest promises. */
export function parseManifest(text: string, digest: Digest): Manifest | undefined {
  if (sha256Hex(text) !== digest) return undefined;
  // The digest proves that this program wrote the text.
  return JSON.parse(text) as Manifest;
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
