/**
 * A pipeline as programs hold it: what they may know of it, and loading it from its file.
 */
import { resolve } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import type { GraphNode, OutputReference, PipelineGraph } from '../graph/pipeline-graph.js';

/** A step of a pipeline. */
export interface PipelineNode {
  readonly name: string;
  readonly description: string | undefined;
  /** Name of the component: `Trainer`. */
  readonly component: string;
  /** After interpolation and with defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Outputs of other nodes by input; one, unless the input takes a list. */
  readonly inputs: Readonly<Record<string, readonly OutputReference[]>>;
  /** Names of the artifact types by output. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** A pipeline that was found valid. */
export interface Pipeline {
  readonly name: string;
  /** Path of its file as it was given. */
  readonly file: string;
  /** Values of its params. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Each node after those it needs. */
  readonly nodes: readonly PipelineNode[];
}

/** What to load a pipeline with. */
export interface LoadOptions {
  /** Folder that relative paths start from. Default: the working folder. */
  readonly cwd?: string;
  /** Values of params by name; these win over params files. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** YAML or JSON files with values of params; later ones win. */
  readonly paramsFiles?: readonly string[];
  /** What declared environment variables are taken from. Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

function nodeOf({ name, description, spec, params, inputs, outputs }: GraphNode): PipelineNode {
  const types = Object.entries(outputs).map(([port, type]) => [port, type.name]);
  const outputTypes = Object.fromEntries(types) as Record<string, string>;
  return { name, description, component: spec.name, params, inputs, outputs: outputTypes };
}

/** A pipeline with the graph that is planned and run. */
class LoadedPipeline implements Pipeline {
  readonly name: string;
  readonly file: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly nodes: readonly PipelineNode[];
  readonly #graph: PipelineGraph;

  constructor(graph: PipelineGraph) {
    this.name = graph.name;
    this.file = graph.file;
    this.params = graph.params;
    this.nodes = graph.nodes.map(nodeOf);
    this.#graph = graph;
  }

  static graphOf(pipeline: Pipeline): PipelineGraph {
    if (pipeline instanceof LoadedPipeline) return pipeline.#graph;
    throw new TypeError('this pipeline was not made by loadPipeline');
  }
}

/** The graph of a pipeline. @throws TypeError when it was not made by {@link loadPipeline} */
export const graphOf = (pipeline: Pipeline): PipelineGraph => LoadedPipeline.graphOf(pipeline);

/**
 * Loads a pipeline and checks all of it; nothing is executed.
 *
 * @param file - path of the file, or the name of one in `pipelines/`
 * @throws PipelineError `invalid-pipeline`, whose `diagnostics` say all that is wrong
 * @throws TypeError when a value of `set` is no plain data
 */
export async function loadPipeline(file: string, options: LoadOptions = {}): Promise<Pipeline> {
  const { cwd = '.', set = {}, paramsFiles = [], env = process.env } = options;
  const [{ loadPipeline: load }, { componentFinder }] = await Promise.all([
    import('../graph/load-pipeline.js'),
    import('../../components/registry.js'),
  ]);
  const loaded = await load({
    file,
    cwd: resolve(cwd),
    // JSON is YAML, too.
    set: Object.entries(set).map(([name, value]) => `${name}=${canonicalJson(value)}`),
    paramsFiles,
    env,
    components: componentFinder,
  });
  if (loaded.ok) return new LoadedPipeline(loaded.value);
  const { invalidPipeline } = await import('./invalid-pipeline.js');
  throw invalidPipeline(loaded.diagnostics);
}
