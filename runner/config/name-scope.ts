/**
 * What names mean where they are written: in the pipeline file, or in a fragment that it includes. A fragment knows its own
 * params and nodes, and of what is outside only the inputs that it declares.
 */
import type { Placed } from './located.js';
import type { PipelineParam } from './pipeline-params.js';

/** What stands for a declared input in references: `inputs.model`. */
export const INPUTS = 'inputs';

/** An input that a fragment declares, with what it is given. */
export interface FragmentInput {
  /** Name of an artifact type. */
  readonly type: Placed<string>;
  /** Whether nothing may be given for it. */
  readonly optional: boolean;
  /** References that mean what they mean outside of the fragment. */
  readonly references: readonly Placed<string>[];
}

/** Names at a place. */
export interface NameScope {
  /** What stands before the names of its nodes elsewhere; empty in the pipeline file. */
  readonly prefix: string;
  readonly params: ReadonlyMap<string, PipelineParam>;
  /** By name; none in the pipeline file. */
  readonly inputs: ReadonlyMap<string, FragmentInput>;
  /** Of what includes the fragment; undefined in the pipeline file. */
  readonly outer: NameScope | undefined;
}
