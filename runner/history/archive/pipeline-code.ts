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
import type { PackedFile } from './archive-format.js';

/** Code as it is now. */
export interface PipelineCode {
  readonly files: readonly PackedFile[];
  /** Code that is not what the executions of its nodes in the run were made with. */
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
 * @param documents - of the fingerprints of the run's executions, by node; a node that was not reached has none
 */
export async function pipelineCode(
  graph: PipelineGraph,
  cwd: string,
  documents: ReadonlyMap<string, string>,
): Promise<PipelineCode> {
  const { nodes, baseDir } = graph;
  const found = new Map<string, UserModuleIdentity>();
  const changed = new Set<string>();
  const programs = new Map<string, string>();
  for (const node of nodes) {
    const { name, source, resources } = node;
    const document = documents.get(name);
    const compare = (code: string, digest: string): void => {
      if (document?.includes(digest) === false) changed.add(code);
    };
    const modules = [
      ...(source.kind === 'file' ? [[source.path, componentModule(source.path)] as const] : []),
      ...resources.flatMap(({ kind, value }) =>
        kind === 'module' ? [[value, parseModuleReference(value, baseDir)] as const] : [],
      ),
    ];
    for (const [code, module] of modules) {
      const identity = found.get(code) ?? (await userModuleIdentity(module));
      found.set(code, identity);
      compare(code, identity.digest);
    }
    for (const path of scripts(node, baseDir)) {
      const sha256 = programs.get(path) ?? (await hashFile(path)).sha256;
      programs.set(path, sha256);
      compare(path, sha256);
    }
  }
  const modules = [...found.values()].flatMap(({ files }) => files);
  const all = [...new Set([...sourceFiles(graph, cwd), ...modules, ...programs.keys()])].sort();
  const folder = commonFolder(all);
  return {
    files: all.map((absolute) => ({ absolute, path: relative(folder, absolute).split(sep).join('/') })),
    changed: [...changed].map((name) => (name.startsWith(sep) ? relative(baseDir, name) : name)),
  };
}
