/**
 * Loads the pipeline that a command names, or says all that is wrong with it.
 */
import { componentFinder } from '../../components/registry.js';
import { loadPipeline } from '../graph/load-pipeline.js';
import type { PipelineGraph } from '../graph/pipeline-graph.js';
import type { Checked } from '../source/diagnostic.js';
import { InvalidPipeline, type Environment } from './command.js';
import type { PipelineArguments } from './arguments.js';

/** @param found - told the absolute path of every YAML file that the pipeline consists of */
export async function checkedGraph(
  { file, set, paramsFiles }: PipelineArguments,
  { cwd, env }: Environment,
  found: (path: string, text?: string) => void = () => undefined,
): Promise<Checked<PipelineGraph>> {
  return await loadPipeline({ file, cwd, set, paramsFiles, env, components: componentFinder, found });
}

/**
 * @param found - as in {@link checkedGraph}
 * @throws InvalidPipeline
 */
export async function loadGraph(
  args: PipelineArguments,
  environment: Environment,
  found?: (path: string, text?: string) => void,
): Promise<PipelineGraph> {
  const loaded = await checkedGraph(args, environment, found);
  if (!loaded.ok) throw new InvalidPipeline(loaded.diagnostics);
  return loaded.value;
}
