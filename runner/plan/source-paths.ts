/**
 * The files and folders that the nodes of a pipeline are made of, beside its YAML: data that params name, user code with
 * all that it imports, files among the arguments of programs.
 */
import { resolve } from 'node:path';
import { StepError } from '../../components/executor.js';
import { componentModule } from '../../components/registry.js';
import { parseModuleReference, userModuleIdentity, type UserModule } from '../../components/user-module.js';
import type { GraphNode, PipelineGraph } from '../graph/pipeline-graph.js';
import { argumentFiles } from './argument-files.js';

/** The files of user code; of code that cannot be read the first one. */
async function codeFiles(module: UserModule): Promise<readonly string[]> {
  try {
    return (await userModuleIdentity(module)).files;
  } catch (error) {
    if (error instanceof StepError) return [module.file];
    throw error;
  }
}

/** Absolute paths of all sources, each once, in order. */
export async function sourcePaths({ nodes, baseDir }: PipelineGraph): Promise<readonly string[]> {
  const paths = new Set<string>();
  const modules = new Map<string, UserModule>();
  const gather = (node: GraphNode): void => {
    const { resources, source } = node;
    for (const { kind, value } of resources) {
      if (kind === 'path') paths.add(resolve(baseDir, value));
      else modules.set(value, parseModuleReference(value, baseDir));
    }
    if (source.kind !== 'builtin') modules.set(source.path, componentModule(source.path));
    for (const name of argumentFiles(node, baseDir)) paths.add(resolve(baseDir, name));
  };
  nodes.forEach(gather);
  for (const module of modules.values()) for (const file of await codeFiles(module)) paths.add(file);
  return [...paths].sort();
}
