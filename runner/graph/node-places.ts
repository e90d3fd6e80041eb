/**
 * Where the parts of a node stand in the pipeline file, as its config has them.
 */
import type { ParamPath } from '../../components/params.js';
import type { ResourceKind } from '../config/demand.js';
import { rangeAt, type LocatedMapping } from '../config/located.js';
import type { NodeConfig } from '../config/pipeline-config.js';
import type { SourceRange } from '../source/source-file.js';
import type { NodePlaces } from './pipeline-graph.js';

/** The places of one node. */
export class ConfigPlaces implements NodePlaces {
  readonly #config: NodeConfig;
  readonly #params: LocatedMapping | undefined;

  /** @param params - after interpolation */
  constructor(config: NodeConfig, params: LocatedMapping | undefined) {
    this.#config = config;
    this.#params = params;
  }

  get name(): SourceRange {
    return this.#config.name.range;
  }

  get component(): SourceRange {
    return this.#config.component.range;
  }

  get seed(): SourceRange {
    return this.#config.seed.range;
  }

  param(path: ParamPath): SourceRange {
    return this.#params === undefined ? this.name : rangeAt(this.#params, path, false);
  }

  input(name: string): SourceRange {
    const input = this.#config.inputs.find(({ port }) => port.value === name);
    return input === undefined ? this.name : (input.references[0]?.range ?? input.port.range);
  }

  env(name: string): SourceRange {
    return this.#config.env.find(({ entry }) => entry.key === name)?.entry.keyRange ?? this.name;
  }

  demand(kind: ResourceKind): SourceRange {
    return this.#config.demand.places[kind] ?? this.name;
  }
}
