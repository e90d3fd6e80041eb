/**
 * What is wrong with a text that is being written: just what `pipeline validate` would say of it.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { FindComponent } from '../../components/registry.js';
import { parseYaml } from '../config/parse-yaml.js';
import type { ReadFragment } from '../config/read-fragments.js';
import { sourceFile } from '../config/read-source-file.js';
import { checkSource } from '../graph/load-pipeline.js';
import type { Diagnostic } from '../source/diagnostic.js';
import { Problems } from '../source/problems.js';
import { placeText, SourceFile, type SourceRange } from '../source/source-file.js';
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

/** The place in a file that a place in it, or in what it includes, stands for; undefined for any other. */
function placeIn(path: string, range: SourceRange | undefined): SourceRange | undefined {
  for (let place = range; place !== undefined; place = place.file.includedAt)
    if (place.file.path === path) return place;
  return undefined;
}

/** What is wrong in what a file includes, told where the file includes it. */
function toldIn(path: string, diagnostic: Diagnostic): Diagnostic {
  const { range, message } = diagnostic;
  const place = placeIn(path, range);
  const related = diagnostic.related.filter((other) => other.range.file.path === path && other.range !== place);
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
  return (await check(file.value, options)).map((each) => toldIn(file.value.path, each));
}

/** Those that stand in a file or in what it includes, each once; of what is beside them, what stands there too. */
function standingIn(path: string, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, range } = diagnostic;
    if (range === undefined || placeIn(path, range) === undefined) continue;
    const related = diagnostic.related.filter((other) => placeIn(path, other.range) !== undefined);
    found.set(`${range.file.path} ${String(range.start)} ${code} ${message}`, { ...diagnostic, related });
  }
  const start = ({ range }: Diagnostic): number => placeIn(path, range)?.start ?? 0;
  return [...found.values()].toSorted((a, b) => start(a) - start(b));
}

/** Whether what is wrong may be so for a value only that nobody gave. */
function isInvented({ code, range }: Diagnostic, invented: ReadonlySet<string>): boolean {
  if (code === 'unknown-placeholder' || range === undefined) return false;
  const written = range.file.text.slice(range.start, range.end);
  return [...written.matchAll(/\$\{\s*params\.([\w-]+)\s*\}/gu)].some(([, name]) => invented.has(name ?? ''));
}

/** The same with other names of files. */
function renamed(diagnostic: Diagnostic, shown: (path: string) => string): Diagnostic {
  const there = ({ file, start, end }: SourceRange): SourceRange => ({ file: fileAs(file), start, end });
  const fileAs = ({ path, text, includedAt }: SourceFile): SourceFile =>
    new SourceFile(shown(path), text, includedAt && there(includedAt));
  const { range, related } = diagnostic;
  return {
    ...diagnostic,
    range: range && there(range),
    related: related.map((other) => ({ ...other, range: there(other.range) })),
  };
}

/** What is wrong with a fragment where a pipeline includes it; undefined when it cannot be seen there. */
async function checkWithin(
  pipeline: string,
  { name, ...options }: Omit<DiagnoseOptions, 'text'>,
): Promise<readonly Diagnostic[] | undefined> {
  const including = await options.read(pipeline, pipeline);
  if (!including.ok || parseYaml(including.value).diagnostics.length > 0) return undefined;
  return standingIn(name, await check(including.value, { ...options, baseDir: dirname(pipeline) }));
}

/** What is wrong with a fragment whatever it is given. */
async function checkAlone({ name: path, text, ...options }: DiagnoseOptions): Promise<readonly Diagnostic[]> {
  const baseDir = dirname(path);
  const lone = pipelineFor(basename(path), parseYaml(new SourceFile(path, text)).root);
  // It need not be saved.
  const places = [path, join(await realpath(baseDir).catch(() => baseDir), basename(path))];
  const read: ReadFragment = (absolute, shown, at) =>
    places.includes(absolute) ? Promise.resolve(sourceFile(shown, text, at)) : options.read(absolute, shown, at);
  const pipeline = new SourceFile(join(baseDir, '.pipeline.yaml'), lone.text);
  const found = await check(pipeline, { ...options, baseDir, read });
  return standingIn(path, found).filter((each) => !isInvented(each, lone.invented));
}

/**
 * All that is wrong with a fragment and with what it includes, by place: what is said of it where pipelines include it;
 * where none does, what holds whatever it is given.
 *
 * @param pipelines - absolute paths of the pipelines that include it
 * @param shown - what messages call the file of an absolute path
 */
export async function checkFragment(
  options: DiagnoseOptions,
  pipelines: readonly string[],
  shown: (path: string) => string,
): Promise<readonly Diagnostic[]> {
  const { name: path, text } = options;
  const file = sourceFile(path, text);
  if (!file.ok) return file.diagnostics;
  const { root, diagnostics } = parseYaml(file.value);
  if (root === undefined || diagnostics.length > 0) return diagnostics.map((each) => renamed(each, shown));
  const within: (readonly Diagnostic[])[] = [];
  for (const pipeline of pipelines) {
    const found = await checkWithin(pipeline, options);
    if (found !== undefined) within.push(found);
  }
  const found = within.length === 0 ? await checkAlone(options) : standingIn(path, within.flat());
  return found.map((each) => renamed(each, shown));
}

/** The same for an editor: what is wrong in what it includes is told where it does. */
export async function diagnoseFragment(
  options: DiagnoseOptions,
  pipelines: readonly string[],
): Promise<readonly Diagnostic[]> {
  const shown = (path: string): string => relative(dirname(options.name), path);
  const found = await checkFragment(options, pipelines, shown);
  return found.map((each) => toldIn(basename(options.name), each));
}
