/**
 * A pipeline that was found valid: nodes with resolved components, checked params and references to each other's
 * outputs. Frozen; in an order in which every node comes after those it needs.
 */
import type { ArtifactType } from '../../artifacts/types.js';
import type { ComponentSpec } from '../../components/component-spec.js';
import type { ParamPath, ParamResource } from '../../components/params.js';
import type { ComponentSource } from '../../components/registry.js';
import type { Demand, ResourceKind } from '../config/demand.js';
import type { Hook } from '../config/hooks.js';
import type { Condition } from './condition.js';
import type { SourceRange } from '../source/source-file.js';

/** An output of another node. */
export interface OutputReference {
  readonly node: string;
  readonly output: string;
}

/** Where the parts of a node stand in the pipeline file. */
export interface NodePlaces {
  readonly name: SourceRange;
  readonly component: SourceRange;
  /** The value at a path inside `params`, or the nearest one around it: defaults have no place of their own. */
  param(path: ParamPath): SourceRange;
  input(port: string): SourceRange;
  env(name: string): SourceRange;
  /** What is said of a kind of resource, or the node's name where nothing is. */
  demand(kind: ResourceKind): SourceRange;
  /** `seed`, or the node's name where no seed is written. */
  readonly seed: SourceRange;
}

/** A node of the graph. */
export interface GraphNode {
  readonly name: string;
  /** The name that it shares with the other instances of its node; undefined without `for_each`. */
  readonly group: string | undefined;
  /** The values that it is an instance for. */
  readonly each: Readonly<Record<string, unknown>>;
  readonly description: string | undefined;
  readonly source: ComponentSource;
  readonly spec: ComponentSpec;
  /** After interpolation and with defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Where values stand in the params that the outputs do not come from. */
  readonly immaterial: readonly ParamPath[];
  /** Files, folders and user code that the params name. */
  readonly resources: readonly ParamResource[];
  /** References by port, in order; one element unless the port takes a list. */
  readonly inputs: Readonly<Record<string, readonly OutputReference[]>>;
  /** Types of the outputs by port; from the spec, or from the file for a component with declared ports. */
  readonly outputs: Readonly<Record<string, ArtifactType>>;
  /** Nodes that must have finished before, beside those whose outputs are used. */
  readonly after: readonly string[];
  /** What must hold for it to be executed. */
  readonly when: Condition | undefined;
  /** How often a failed step is tried again. */
  readonly retries: number;
  /** Milliseconds before the first retry, at most; twice as long before every further one. */
  readonly retryPauseMs: number;
  /** Milliseconds for one attempt; undefined: no limit. */
  readonly timeoutMs: number | undefined;
  /** Whether outputs of an earlier run may be used. */
  readonly cache: boolean;
  readonly seed: number;
  /** What it takes of the machine while it runs. */
  readonly demand: Demand;
  /** Declared environment, with values; a secret stands as `${secrets.X}`. */
  readonly env: Readonly<Record<string, string>>;
  readonly places: NodePlaces;
}

/** Names of the nodes that a node needs. */
export function needsOf({ inputs, after, when }: GraphNode): readonly string[] {
  const needs = Object.values(inputs).flatMap((list) => list.map(({ node }) => node));
  // Not spread: there may be many.
  const all = needs.concat(after, when?.nodes ?? []);
  return all.length < 2 ? all : [...new Set(all)];
}

/** A valid pipeline. */
export interface PipelineGraph {
  readonly name: string;
  /** Path of the file as it was given, and its folder as an absolute path. */
  readonly file: string;
  readonly baseDir: string;
  /** Values of the pipeline's params. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Values of secrets by name: put into the environment of steps, and nowhere else. */
  readonly secrets: ReadonlyMap<string, string>;
  /** What is called once a run is complete, or has failed. */
  readonly onSuccess: readonly Hook[];
  readonly onFailure: readonly Hook[];
  readonly nodes: readonly GraphNode[];
}
