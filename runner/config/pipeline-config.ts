/**
 * A pipeline file as it was read: its parts found and of the right kinds, references not yet followed.
 */
import type { PlacedDemand } from './demand.js';
import type { Hook } from './hooks.js';
import type { Located, Placed } from './located.js';
import type { NameScope } from './name-scope.js';
import type { EnvVariable } from './read-env.js';
import type { PipelineParam } from './pipeline-params.js';

/** One node. */
export interface NodeConfig {
  /** For an instance with its values: `convert[int8]`. */
  readonly name: Placed<string>;
  /** The name that it shares with the other instances; undefined without `for_each`. */
  readonly group: string | undefined;
  /** The values that it is an instance for. */
  readonly each: ReadonlyMap<string, Located>;
  readonly component: Placed<string>;
  readonly description: string | undefined;
  /** What names mean that stand in it. */
  readonly scope: NameScope;
  /** By port: one reference, or several, as text. */
  readonly inputs: readonly {
    readonly port: Placed<string>;
    readonly references: readonly Placed<string>[];
    readonly list: boolean;
  }[];
  /** Outputs that the file declares: port and artifact type. */
  readonly outputs: readonly { readonly port: Placed<string>; readonly type: Placed<string> }[];
  /** Not interpolated yet. */
  readonly params: Located | undefined;
  readonly after: readonly Placed<string>[];
  /** An expression, not read yet. */
  readonly when: Placed<string> | undefined;
  readonly env: readonly EnvVariable[];
  readonly retries: number;
  readonly retryPauseMs: number;
  readonly timeoutMs: number | undefined;
  readonly cache: boolean;
  readonly seed: Placed<number>;
  /** What it takes of the machine. */
  readonly demand: PlacedDemand;
}

/** One pipeline. */
export interface PipelineConfig {
  readonly name: string;
  readonly params: ReadonlyMap<string, PipelineParam>;
  /** Values by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** What is called once a run is complete, or has failed. */
  readonly onSuccess: readonly Hook[];
  readonly onFailure: readonly Hook[];
  /** Those of fragments included, under their full names. */
  readonly nodes: readonly NodeConfig[];
  /** The pipeline file and every fragment that it includes. */
  readonly scopes: readonly NameScope[];
}
