/**
 * From the name of a file to a valid graph, or all that is wrong.
 */
import { dirname } from 'node:path';
import type { FindComponent } from '../../components/registry.js';
import { parseYaml } from '../config/parse-yaml.js';
import { overrideEntries, setEntry } from '../config/pipeline-params.js';
import { readFragments, type ReadFragment } from '../config/read-fragments.js';
import { readPipeline } from '../config/read-pipeline.js';
import { readSourceFile } from '../config/read-source-file.js';
import type { LocatedEntry } from '../config/located.js';
import type { Checked } from '../source/diagnostic.js';
import { Problems } from '../source/problems.js';
import { SourceFile } from '../source/source-file.js';
import { buildGraph } from './build-graph.js';
import type { PipelineGraph } from './pipeline-graph.js';

/** What to load, and what with. */
export interface LoadOptions {
  /** Path of the file, or its name in `pipelines/`. */
  readonly file: string;
  /** Absolute folder that relative paths start from. */
  readonly cwd: string;
  /** `name=value` with the value in YAML; these win over params files. */
  readonly set: readonly string[];
  /** YAML or JSON files with values of params; later ones win. */
  readonly paramsFiles: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes the finder of components for the pipeline's folder. */
  readonly components: (baseDir: string) => FindComponent;
  /** Told the absolute path of every YAML file that is read, and its text when it could be. */
  readonly found?: (path: string, text?: string) => void;
}

function readSet(text: string, problems: Problems): readonly LocatedEntry[] {
  const file = new SourceFile('--set', text);
  const equals = text.indexOf('=');
  const nameRange = { file, start: 0, end: equals < 0 ? text.length : equals };
  if (equals < 1) {
    problems.add('not-allowed', `'${text}' is no assignment`, nameRange, { hint: 'write --set name=value' });
    return [];
  }
  const parsed = parseYaml(file, equals + 1);
  problems.addAll(parsed.diagnostics);
  return parsed.diagnostics.length > 0 ? [] : [setEntry(text.slice(0, equals), nameRange, parsed.root)];
}

/** A text that should be a pipeline, and what it is checked with. */
export interface SourceOptions extends Pick<LoadOptions, 'env' | 'components' | 'found'> {
  readonly file: SourceFile;
  /** Absolute folder of the file. */
  readonly baseDir: string;
  /** Values of params from outside, later ones first. */
  readonly overrides: readonly LocatedEntry[];
  /** Reads fragments; without, from the disk. */
  readonly read?: ReadFragment | undefined;
  /** What is wrong with the overrides. */
  readonly problems: Problems;
}

/** Validates a text as a pipeline, wherever it comes from. */
export async function checkSource(options: SourceOptions): Promise<Checked<PipelineGraph>> {
  const { file, baseDir, overrides, env, components, found = () => undefined, read, problems } = options;
  const parsed = parseYaml(file);
  problems.addAll(parsed.diagnostics);
  if (parsed.root === undefined && parsed.diagnostics.length === 0) {
    problems.add('missing-key', 'the file is empty', { file, start: 0, end: 0 }, { hint: "begin with 'version: 1'" });
  }
  const fragments = await readFragments(parsed.root, { file, baseDir, found, read, problems });
  const config = parsed.root && readPipeline(parsed.root, fragments, overrides, env, problems);
  const graph = config && (await buildGraph(config, { file: file.path, baseDir }, components(baseDir), problems));
  if (graph === undefined || problems.any) return { ok: false, diagnostics: problems.sorted() };
  return { ok: true, value: graph, warnings: [] };
}

/** Loads and validates a pipeline. */
export async function loadPipeline(options: LoadOptions): Promise<Checked<PipelineGraph>> {
  const read = await readSourceFile(options.file, options.cwd);
  if (!read.ok) return read;
  const { file, absolute } = read.value;
  const { found = () => undefined } = options;
  found(absolute, file.text);
  const problems = new Problems();
  const overrides: LocatedEntry[] = options.set.toReversed().flatMap((text) => readSet(text, problems));
  for (const name of options.paramsFiles.toReversed()) {
    const params = await readSourceFile(name, options.cwd);
    if (!params.ok) {
      problems.addAll(params.diagnostics);
      continue;
    }
    found(params.value.absolute, params.value.file.text);
    const parsed = parseYaml(params.value.file);
    problems.addAll(parsed.diagnostics);
    overrides.push(...overrideEntries(parsed.root, 'a params file', problems));
  }
  const { env, components } = options;
  return await checkSource({ file, baseDir: dirname(absolute), overrides, env, components, found, problems });
}
