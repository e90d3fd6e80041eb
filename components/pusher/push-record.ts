/**
 * `pushed_model.json`, the record of a push, and `pipeline.json`, which travels with the pushed version and says what it
 * is: with it, a folder found anywhere can be traced to the run that made it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMapping } from '../../artifacts/mapping.js';
import type { Manifest, ManifestFile } from '../../artifacts/store/artifact-store.js';
import { makeManifest, manifestProblems } from '../../artifacts/store/manifest.js';

/** Name of the file that says what a pushed version is. */
export const ORIGIN_FILE = 'pipeline.json';

/** What a version was made of: digests of artifacts. */
export interface Origin {
  readonly version: 1;
  readonly model: string;
  readonly blessing: string | null;
  readonly tflite_model: string | null;
  /** All other files of the version. */
  readonly files: readonly ManifestFile[];
}

/** The content of `pushed_model.json`. */
export type PushRecord =
  | {
      readonly version: 1;
      readonly pushed: true;
      /** As the pipeline file has it: relative to its folder, or absolute. */
      readonly destination: string;
      readonly pushed_version: number;
      readonly origin: Origin;
    }
  | { readonly version: 1; readonly pushed: false; readonly destination: string; readonly reasons: readonly string[] };

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads the record of a PushedModel that this component has made. */
export async function readPushRecord(folder: string): Promise<PushRecord | undefined> {
  const value = await readJson(join(folder, 'pushed_model.json'));
  return isMapping(value) && value['version'] === 1 ? (value as unknown as PushRecord) : undefined;
}

function isFiles(value: unknown): value is readonly ManifestFile[] {
  return (
    Array.isArray(value) &&
    value.every((file) => isMapping(file) && typeof file['path'] === 'string' && typeof file['sha256'] === 'string')
  );
}

/** Reads what a pushed version says it was made of; undefined when it says nothing that can be understood. */
export async function readOrigin(folder: string): Promise<Origin | undefined> {
  const value = await readJson(join(folder, ORIGIN_FILE));
  return isMapping(value) && value['version'] === 1 && typeof value['model'] === 'string' && isFiles(value['files'])
    ? (value as unknown as Origin)
    : undefined;
}

/** How the files of a pushed version differ from what was pushed, a sentence a file. Hashes them all. */
export async function versionProblems(folder: string, files: readonly ManifestFile[]): Promise<readonly string[]> {
  const found = await makeManifest(folder);
  const payload: Manifest = { version: 1, files: found.files.filter(({ path }) => path !== ORIGIN_FILE) };
  return manifestProblems({ version: 1, files }, payload);
}
