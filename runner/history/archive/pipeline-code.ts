/**
 * The pipeline file of a run with the user code that it names: what goes into an archive beside the artifacts. Data stay
 * outside: what was made of them is in the artifacts.
 */
import { dirname, relative, sep } from 'node:path';
import { componentModule } from '../../../components/registry.js';
import { parseModuleReference, userModuleIdentity, type UserModuleIdentity } from '../../../components/user-module.js';
import type { PipelineGraph } from '../../graph/pipeline-graph.js';
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

/**
 * Finds it.
 *
 * @param file - absolute path of the pipeline file
 * @param documents - of the fingerprints of the run's executions
 */
export async function pipelineCode(
  graph: PipelineGraph,
  file: string,
  documents: readonly string[],
): Promise<PipelineCode> {
  const found = new Map<string, UserModuleIdentity>();
  for (const { source, resources } of graph.nodes) {
    if (source.kind === 'file' && !found.has(source.path)) {
      found.set(source.path, await userModuleIdentity(componentModule(source.path)));
    }
    for (const { kind, value } of resources) {
      if (kind !== 'module' || found.has(value)) continue;
      found.set(value, await userModuleIdentity(parseModuleReference(value, graph.baseDir)));
    }
  }
  const all = [...new Set([file, ...[...found.values()].flatMap(({ files }) => files)])].sort();
  const folder = commonFolder(all);
  return {
    files: all.map((absolute) => ({ absolute, path: relative(folder, absolute).split(sep).join('/') })),
    changed: [...found]
      .filter(([, { digest }]) => !documents.some((document) => document.includes(digest)))
      .map(([name]) => (name.startsWith(sep) ? relative(graph.baseDir, name) : name)),
  };
}
