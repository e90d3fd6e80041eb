/**
 * What a component declares: its ports, its params and where it runs. Declarative and cheap to load: validating a
 * pipeline imports specs only, never an executor.
 */
import type { ArtifactType } from '../artifacts/types.js';
import type { ParamProblem, ParamSet, ParamValues } from './params.js';

/** A port that artifacts come in at. */
export interface InputPort<Optional extends boolean = boolean, List extends boolean = boolean> {
  readonly type: ArtifactType;
  readonly optional: Optional;
  /** Takes any number of artifacts instead of one. */
  readonly list: List;
  readonly doc: string;
}

/** A port that an artifact comes out at. */
export interface OutputPort {
  readonly type: ArtifactType;
  readonly doc: string;
}

export type InputPorts = Readonly<Record<string, InputPort>>;
export type OutputPorts = Readonly<Record<string, OutputPort>>;

/** A component's declaration. */
export interface ComponentSpec<
  I extends InputPorts = InputPorts,
  O extends OutputPorts = OutputPorts,
  P extends ParamSet = ParamSet,
> {
  readonly name: string;
  /** First sentence: what it does. */
  readonly doc: string;
  readonly inputs: I;
  readonly outputs: O;
  readonly params: P;
  /** `runner`: light, in the runner's own process. `worker`: computes, in a worker process. */
  readonly runsIn: 'runner' | 'worker';
  /** Computes with TensorFlow: the backend's name and version count for the fingerprint. */
  readonly usesBackend: boolean;
  /**
   * What the pipeline file says of the ports. `declared`: which inputs (any names, any types) and outputs there are, see
   * Command. `declared-outputs`: the outputs alone, see Importer.
   */
  readonly ports: 'fixed' | 'declared' | 'declared-outputs';
  /**
   * Its outputs are artifacts that are in the store already: its module has `resolve` in place of `execute`, see Resolver.
   */
  readonly resolves: boolean;
  /** Has effects outside the store (pushing a model): its record says where. */
  readonly external: boolean;
  /** Makes the same bytes of the same ingredients. */
  readonly deterministic: boolean;
  /** The params that name a split of its Examples: a pipeline is refused when they are known not to have it. */
  splitParams(params: ParamValues<P>): readonly string[];
  /** The splits of the Examples that it makes, by its params alone; undefined where these do not tell. */
  splits(params: ParamValues<P>): readonly string[] | undefined;
  /**
   * Finds what is wrong with params and inputs taken together, which no descriptor can say alone. Called with params that
   * their descriptors accepted.
   *
   * @param inputs - the ports that the pipeline file wires
   * @param outputs - types of the outputs by port
   */
  check(
    params: ParamValues<P>,
    inputs: ReadonlySet<string>,
    outputs?: Readonly<Record<string, ArtifactType>>,
  ): readonly ParamProblem[];
}

interface SpecOptions<I extends InputPorts, O extends OutputPorts, P extends ParamSet> {
  readonly name: string;
  readonly doc: string;
  readonly inputs?: I;
  readonly outputs?: O;
  readonly params?: P;
  /** Defaults to `runner`. */
  readonly runsIn?: 'runner' | 'worker';
  /** Defaults to false. */
  readonly usesBackend?: boolean;
  /** Defaults to `fixed`. */
  readonly ports?: 'fixed' | 'declared' | 'declared-outputs';
  /** Defaults to false. */
  readonly resolves?: boolean;
  /** Defaults to false. */
  readonly external?: boolean;
  /** Defaults to true. */
  readonly deterministic?: boolean;
  /** See {@link ComponentSpec.splitParams}; none without it. A function where the others decide whether a split is read. */
  readonly splitParams?: readonly (keyof P & string)[] | ((params: ParamValues<P>) => readonly (keyof P & string)[]);
  /** See {@link ComponentSpec.splits}; without it, they are not known. */
  readonly splits?: ComponentSpec<I, O, P>['splits'];
  /** See {@link ComponentSpec.check}; without it nothing more is checked. */
  readonly check?: ComponentSpec<I, O, P>['check'];
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- `{}` is exactly "no ports", which `Record<string, never>` is not
type None = {};

/** Declares a component. */
export function defineSpec<
  const I extends InputPorts = None,
  const O extends OutputPorts = None,
  const P extends ParamSet = None,
>(options: SpecOptions<I, O, P>): ComponentSpec<I, O, P> {
  const { splitParams = [] } = options;
  return Object.freeze({
    name: options.name,
    doc: options.doc,
    inputs: options.inputs ?? ({} as I),
    outputs: options.outputs ?? ({} as O),
    params: options.params ?? ({} as P),
    runsIn: options.runsIn ?? 'runner',
    usesBackend: options.usesBackend ?? false,
    ports: options.ports ?? 'fixed',
    resolves: options.resolves ?? false,
    external: options.external ?? false,
    deterministic: options.deterministic ?? true,
    splitParams: typeof splitParams === 'function' ? splitParams : () => splitParams,
    splits: options.splits ?? (() => undefined),
    check: options.check ?? (() => []),
  });
}

/** Declares an input port. */
export function input<const O extends { optional?: boolean; list?: boolean; doc?: string }>(
  type: ArtifactType,
  options?: O,
): InputPort<O extends { optional: true } ? true : false, O extends { list: true } ? true : false> {
  return {
    type,
    optional: options?.optional ?? false,
    list: options?.list ?? false,
    doc: options?.doc ?? type.doc,
  } as InputPort<O extends { optional: true } ? true : false, O extends { list: true } ? true : false>;
}

/** Declares an output port. */
export function output(type: ArtifactType, options?: { doc?: string }): OutputPort {
  return { type, doc: options?.doc ?? type.doc };
}
