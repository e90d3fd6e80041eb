/**
 * The pipeline file of a run with the fragments, the user code and the scripts that it names: what goes into an archive
 * beside the artifacts. Data stay outside: what was made of them is in the artifacts.
 */
import { dirname, relative, resolve, sep } from 'node:path';
import { hashFile } from '../../../artifacts/digest.js';
import { componentModule } from '../../../components/registry.js';
import { parseModuleReference, userModuleIdentity, type UserModuleIdentity } from '../../../components/user-module.js';
import type { GraphNode, PipelineGraph } from '../../graph/pipeline-graph.js';
import { argumentFiles } from '../../plan/argument-files.js';
import type { SourceFile } from '../../source/source-file.js';
import type { PackedFile } from './export-run.js';

/** Code as it is now. */
export interface PipelineCode {
  readonly files: readonly PackedFile[];
  /** Code that is not what any execution of the run was made with. */
  readonly changed: readonly string[];
}

/** The deepest folder that holds all of these files. */
function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? '');
  while (!paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`))) {
    folder = dirname(folder);
  }
  return folder;
}

/** The files that a graph was read from, as absolute paths: that of the pipeline, and fragments with all that include them. */
function sourceFiles({ nodes }: PipelineGraph, cwd: string): readonly string[] {
  const found = new Set<string>();
  for (const { places } of nodes) {
    for (let file: SourceFile | undefined = places.name.file; file !== undefined; file = file.includedAt?.file) {
      found.add(resolve(cwd, file.path));
    }
  }
  return [...found];
}

/** Scripts below the pipeline's folder that a Command names among its arguments, as absolute paths. */
function scripts(node: GraphNode, baseDir: string): readonly string[] {
  const paths = argumentFiles(node, baseDir).map((name) => resolve(baseDir, name));
  return paths.filter((path) => path.startsWith(`${baseDir}${sep}`));
}

/**
 * Finds it.
 *
 * @param cwd - absolute folder that the name of the pipeline file starts from
 * @param documents - of the fingerprints of the run's executions
 */
export async function pipelineCode(
  graph: PipelineGraph,
  cwd: string,
  documents: readonly string[],
): Promise<PipelineCode> {
  const { nodes, baseDir } = graph;
  const found = new Map<string, UserModuleIdentity>();
  for (const { source, resources } of nodes) {
    if (source.kind === 'file' && !found.has(source.path)) {
      found.set(source.path, await userModuleIdentity(componentModule(source.path)));
    }
    for (const { kind, value } of resources) {
      if (kind !== 'module' || found.has(value)) continue;
      found.set(value, await userModuleIdentity(parseModuleReference(value, baseDir)));
    }
  }
  const programs = [...new Set(nodes.flatMap((node) => scripts(node, baseDir)))];
  const digests = new Map([...found].map(([name, { digest }]) => [name, digest]));
  for (const path of programs) digests.set(path, (await hashFile(path)).sha256);
  const modules = [...found.values()].flatMap(({ files }) => files);
  const all = [...new Set([...sourceFiles(graph, cwd), ...modules, ...programs])].sort();
  const folder = commonFolder(all);
  return {
    files: all.map((absolute) => ({ absolute, path: relative(folder, absolute).split(sep).join('/') })),
    changed: [...digests]
      .filter(([, digest]) => !documents.some((document) => document.includes(digest)))
      .map(([name]) => (name.startsWith(sep) ? relative(baseDir, name) : name)),
  };
}
