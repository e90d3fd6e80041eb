/**
 * Finds and reads a pipeline file as text.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import { closestName } from '../../components/suggestion.js';
import type { Checked } from '../source/diagnostic.js';
import { SourceFile, type SourceRange } from '../source/source-file.js';

/** Largest pipeline file, in bytes. */
export const MAX_BYTES = 5_000_000;

/** A source file with the absolute path it was read from. */
export interface ReadFile {
  readonly file: SourceFile;
  readonly absolute: string;
}

function tooLarge(shown: string, bytes: number): string {
  return `${shown} has ${String(bytes)} bytes; a pipeline has at most ${String(MAX_BYTES)}`;
}

function refuse(code: 'file-missing' | 'file-unreadable', message: string, hint?: string): Checked<never> {
  return { ok: false, diagnostics: [{ code, severity: 'error', message, range: undefined, related: [], hint }] };
}

/** A text as a source file, unless no pipeline can be so large or hold such characters. */
export function sourceFile(shown: string, text: string, includedAt?: SourceRange): Checked<SourceFile> {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) return refuse('file-unreadable', tooLarge(shown, bytes));
  if (text.includes('\0')) {
    return refuse('file-unreadable', `${shown} holds a NUL character: it is not text in UTF-8`);
  }
  return { ok: true, value: new SourceFile(shown, text, includedAt), warnings: [] };
}

/**
 * Reads a file that is there as text.
 *
 * @param shown - its path, as messages show it
 * @param includedAt - for a fragment: what includes it
 */
export async function readText(
  absolute: string,
  shown: string,
  includedAt?: SourceRange,
): Promise<Checked<SourceFile>> {
  let bytes: Buffer;
  try {
    const info = await stat(absolute);
    if (!info.isFile()) return refuse('file-missing', `${shown} is not a file`, 'name the YAML file itself');
    if (info.size > MAX_BYTES) return refuse('file-unreadable', tooLarge(shown, info.size));
    bytes = await readFile(absolute);
  } catch {
    return refuse('file-unreadable', `${shown} may not be read`, 'check its permissions');
  }
  try {
    return sourceFile(shown, new TextDecoder('utf-8', { fatal: true }).decode(bytes), includedAt);
  } catch {
    return refuse('file-unreadable', `${shown} is not text in UTF-8`);
  }
}

/** The YAML file that a name which is none may have been meant for; their endings do not count. */
async function closestFile(name: string, cwd: string): Promise<string | undefined> {
  const folder = dirname(name);
  const beside = await readdir(resolve(cwd, folder)).catch(() => []);
  const byStem = new Map(beside.filter((each) => /\.ya?ml$/u.test(each)).map((each) => [parse(each).name, each]));
  const closest = byStem.get(closestName(parse(name).name, byStem.keys()) ?? '');
  return closest === undefined ? undefined : join(folder, closest);
}

/**
 * Reads the file that `name` means: the path itself, or the one of that name in `pipelines/`.
 *
 * @param cwd - absolute folder that relative paths start from
 */
export async function readSourceFile(name: string, cwd: string): Promise<Checked<ReadFile>> {
  if (name.includes('\0')) return refuse('file-missing', 'the name of the file holds a NUL character');
  for (const shown of [name, join('pipelines', name)]) {
    const absolute = resolve(cwd, shown);
    if ((await stat(absolute).catch(() => undefined)) === undefined) continue;
    const file = await readText(absolute, shown);
    return file.ok ? { ok: true, value: { file: file.value, absolute }, warnings: [] } : file;
  }
  const closest = await closestFile(name, cwd);
  const hint =
    closest === undefined ? 'check the path; files in pipelines/ are found by name' : `did you mean '${closest}'?`;
  return refuse('file-missing', `there is no file ${name}`, hint);
}
