/**
 * What is wrong with a text that is being written: just what `pipeline validate` would say of it.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FindComponent } from '../../components/registry.js';
import { parseYaml } from '../config/parse-yaml.js';
import type { ReadFragment } from '../config/read-fragments.js';
import { sourceFile } from '../config/read-source-file.js';
import { checkSource } from '../graph/load-pipeline.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { Problems } from '../source/problems.js';
import { placeText, SourceFile } from '../source/source-file.js';
import { pipelineFor } from './fragment-alone.js';

/** What a text is checked with. */
export interface DiagnoseOptions {
  /** Absolute path of the file, for fragments; else its name, as messages show it. */
  readonly name: string;
  readonly text: string;
  /** Absolute folder that paths in it start from. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly find: FindComponent;
  readonly read: ReadFragment;
}

/** In a comment in its first lines, a text says what it is. */
function saidKind(text: string): string | undefined {
  return /^#.*\b(pipeline|fragment)\.schema\.json/mu.exec(text.slice(0, 1000))?.[1];
}

/** Whether a YAML file is meant to be a pipeline or a fragment: it says so in its first lines, or it has nodes. */
export function isPipeline(text: string): boolean {
  return saidKind(text) !== undefined || /^(?:nodes|include):/mu.test(text);
}

/** Whether it is a fragment rather: it says so, or has neither name nor version. */
export function isFragment(text: string): boolean {
  return (saidKind(text) ?? (/^(?:version|name):/mu.test(text) ? 'pipeline' : 'fragment')) === 'fragment';
}

/** What is wrong in a fragment, told where the open file includes it. */
function inOpenFile(diagnostic: Diagnostic): Diagnostic {
  const { range, message } = diagnostic;
  let place = range;
  while (place?.file.includedAt !== undefined) place = place.file.includedAt;
  const related = diagnostic.related.filter((other) => other.range.file === place?.file && other.range !== place);
  if (place === undefined || range === undefined || place === range) return { ...diagnostic, related };
  return { ...diagnostic, related, range: place, message: `${placeText(range)}: ${message}` };
}

type CheckOptions = Pick<DiagnoseOptions, 'baseDir' | 'env' | 'find' | 'read'>;

async function check(file: SourceFile, { baseDir, env, find, read }: CheckOptions): Promise<readonly Diagnostic[]> {
  const components = (): FindComponent => find;
  const problems = new Problems();
  const checked = await checkSource({ file, baseDir, overrides: [], env, components, read, problems });
  return checked.ok ? checked.warnings : checked.diagnostics;
}

/** All that is wrong with a pipeline, by place. */
export async function diagnose(options: DiagnoseOptions): Promise<readonly Diagnostic[]> {
  const file = sourceFile(options.name, options.text);
  if (!file.ok) return file.diagnostics;
  return (await check(file.value, options)).map(inOpenFile);
}

/** Those that stand in a file, each once; of what is beside them, what stands there too. */
function standingIn(path: string, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, range } = diagnostic;
    if (range?.file.path !== path) continue;
    const related = diagnostic.related.filter((other) => other.range.file.path === path);
    found.set(`${String(range.start)} ${code} ${message}`, { ...diagnostic, related });
  }
  return [...found.values()].toSorted((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0));
}

/** Whether what is wrong may be so for a value only that nobody gave. */
function isInvented({ code, range }: Diagnostic, invented: ReadonlySet<string>): boolean {
  if (code === 'unknown-placeholder' || range === undefined) return false;
  const written = range.file.text.slice(range.start, range.end);
  return [...written.matchAll(/\$\{\s*params\.([\w-]+)\s*\}/gu)].some(([, name]) => invented.has(name ?? ''));
}

/**
 * All that is wrong with a fragment, by place: what is said of it where pipelines include it; where none does, what holds
 * whatever it is given.
 *
 * @param pipelines - absolute paths of the pipelines that include it
 */
export async function diagnoseFragment(
  { name: path, text, ...options }: DiagnoseOptions,
  pipelines: readonly string[],
): Promise<readonly Diagnostic[]> {
  const file = sourceFile(path, text);
  if (!file.ok) return file.diagnostics;
  const { root, diagnostics } = parseYaml(file.value);
  if (root === undefined || diagnostics.length > 0) return diagnostics;
  if (pipelines.length === 0) {
    const baseDir = dirname(path);
    const lone = pipelineFor(basename(path), root);
    // It need not be saved.
    const places = [path, join(await realpath(baseDir).catch(() => baseDir), basename(path))];
    const read: ReadFragment = (absolute, shown, at) =>
      places.includes(absolute) ? Promise.resolve(sourceFile(shown, text, at)) : options.read(absolute, shown, at);
    const pipeline = new SourceFile(join(baseDir, '.pipeline.yaml'), lone.text);
    const found = await check(pipeline, { ...options, baseDir, read });
    return standingIn(path, found).filter((each) => !isInvented(each, lone.invented));
  }
  const found: Diagnostic[] = [];
  for (const pipeline of pipelines) {
    const including = await options.read(pipeline, pipeline);
    if (including.ok) found.push(...(await check(including.value, { ...options, baseDir: dirname(pipeline) })));
  }
  return standingIn(path, found);
}
