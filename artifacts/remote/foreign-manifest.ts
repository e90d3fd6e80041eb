/**
 * Manifests from elsewhere. Their digest says only that they are those which a result names; whoever wrote the result may
 * have chosen it, so their paths are looked at before anything is written to them.
 */
import { sha256Hex } from '../digest.js';
import type { Digest, Manifest, ManifestFile } from '../store/artifact-store.js';

/** Longest path of a file in an artifact, and the deepest folder. */
const MAX_PATH = 1024;
const MAX_DEPTH = 32;

/** Whether a path leads to a file below a folder, on every system. */
function isInside(path: string): boolean {
  const segments = path.split('/');
  return (
    path.length <= MAX_PATH &&
    segments.length <= MAX_DEPTH &&
    !/[\u0000-\u001f\\:]/u.test(path) &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

function file(value: unknown): ManifestFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { path, size, sha256 } = value as Readonly<Record<string, unknown>>;
  const fits =
    typeof path === 'string' &&
    isInside(path) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/u.test(sha256);
  return fits ? { path, size, sha256 } : undefined;
}

/** Reads a manifest; undefined when it is not the one of the digest, or nothing that this program would write. */
export function foreignManifest(text: string, digest: Digest): Manifest | undefined {
  if (sha256Hex(text) !== digest) return undefined;
  try {
    const { version, files } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (version !== 1 || !Array.isArray(files)) return undefined;
    const read = files.map(file);
    return read.every((each) => each !== undefined) ? { version, files: read } : undefined;
  } catch {
    return undefined;
  }
}
