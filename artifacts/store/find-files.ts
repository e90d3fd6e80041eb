/**
 * Artifacts by the files that they hold: what a file found anywhere may be a copy of.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Manifest } from './artifact-store.js';
import { parseManifest } from './manifest.js';
import type { StoreRoot } from './store-root.js';

/** An artifact with a file that was looked for. */
export interface FoundArtifact {
  readonly digest: Digest;
  readonly manifest: Manifest;
}

/** Artifacts that hold any of these files, by the files' own digests. */
export function findFiles({ artifacts }: StoreRoot, wanted: ReadonlySet<Digest>): readonly FoundArtifact[] {
  const found: FoundArtifact[] = [];
  let names: readonly string[] = [];
  try {
    names = readdirSync(artifacts).sort();
  } catch {
    // A store without the folder holds nothing.
  }
  for (const name of names) {
    const digest = /^([0-9a-f]{64})\.manifest\.json$/u.exec(name)?.[1];
    if (digest === undefined) continue;
    let text: string;
    try {
      text = readFileSync(join(artifacts, name), 'utf8');
    } catch {
      continue;
    }
    // Read as text first: a store has thousands, and few are wanted.
    const holds = [...text.matchAll(/[0-9a-f]{64}/gu)].some(([sha256]) => wanted.has(sha256));
    const manifest = holds ? parseManifest(text, digest) : undefined;
    if (manifest !== undefined) found.push({ digest, manifest });
  }
  return found;
}
