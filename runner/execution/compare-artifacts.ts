/**
 * How the files of two executions of a step differ, byte by byte.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../artifacts/store/artifact-store.js';
import type { FileDifference } from './run-event.js';

/** Bytes that are compared in one go. */
const CHUNK = 1 << 16;

/** A folder with its files. */
export interface ListedFolder {
  readonly path: string;
  readonly manifest: Manifest;
}

/** Offset of the first byte that two files do not share. The files differ. */
async function firstDifference(first: string, second: string): Promise<number> {
  const [a, b] = await Promise.all([open(first), open(second)]);
  try {
    for (let at = 0; ; at += CHUNK) {
      const [one, two] = await Promise.all(
        [a, b].map(async (file) => await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at)),
      );
      const left = one?.buffer.subarray(0, one.bytesRead) ?? Buffer.alloc(0);
      const right = two?.buffer.subarray(0, two.bytesRead) ?? Buffer.alloc(0);
      const index = left.findIndex((byte, position) => byte !== right[position]);
      if (index >= 0) return at + index;
      if (left.length < CHUNK || right.length !== left.length) return at + left.length;
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

/** The files in which two artifacts at a port differ, in the order of their paths; none when their digests are the same. */
export async function compareArtifacts(
  port: string,
  first: ListedFolder,
  second: ListedFolder,
): Promise<readonly FileDifference[]> {
  const found: FileDifference[] = [];
  const others = new Map(second.manifest.files.map((file) => [file.path, file]));
  for (const { path, sha256 } of first.manifest.files) {
    const other = others.get(path);
    others.delete(path);
    if (other === undefined) found.push({ port, file: path, kind: 'missing' });
    else if (other.sha256 !== sha256) {
      const offset = await firstDifference(join(first.path, path), join(second.path, path));
      found.push({ port, file: path, kind: 'content', offset });
    }
  }
  for (const path of others.keys()) found.push({ port, file: path, kind: 'added' });
  return found.sort((a, b) => (a.file < b.file ? -1 : 1));
}
