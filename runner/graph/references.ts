/**
 * What references mean: the outputs of nodes that they name, in the scope that they are written in.
 */
import { artifactTypes, type ArtifactType } from '../../artifacts/types.js';
import type { ComponentSpec } from '../../components/component-spec.js';
import type { ComponentSource } from '../../components/registry.js';
import { suggest } from '../config/fields.js';
import type { Placed } from '../config/located.js';
import { INPUTS, type NameScope } from '../config/name-scope.js';
import { referenceParts } from '../config/node-name.js';
import type { NodeConfig } from '../config/pipeline-config.js';
import type { RelatedPlace } from '../source/diagnostic.js';
import type { Problems } from '../source/problems.js';
import { NodeNames } from './node-names.js';
import type { OutputReference } from './pipeline-graph.js';

/** A node whose component was found, before its references are followed. */
export interface ResolvedNode {
  readonly config: NodeConfig;
  readonly spec: ComponentSpec;
  readonly source: ComponentSource;
  readonly outputs: Readonly<Record<string, ArtifactType>>;
}

/** What a reference leads to. */
export interface Followed {
  /** One, or one of each instance; none for an optional input of a fragment that it is not given. */
  readonly outputs: readonly OutputReference[];
  readonly type: ArtifactType;
  /** Where that type is said. */
  readonly made: RelatedPlace;
  /** Undefined for one artifact, else in what way there are several. */
  readonly several: string | undefined;
}

/** Whether a scope is another one, or lies inside it. */
function isWithin(scope: NameScope, outer: NameScope): boolean {
  for (let at: NameScope | undefined = scope; at !== undefined; at = at.outer) if (at === outer) return true;
  return false;
}

/** Follows the references of one pipeline. */
export class References {
  readonly #configs: readonly NodeConfig[];
  readonly #nodes: ReadonlyMap<string, ResolvedNode>;
  readonly #problems: Problems;
  readonly #names = new Map<NameScope, NodeNames>();

  /**
   * @param configs - all nodes
   * @param nodes - those whose component was found, by name
   */
  constructor(configs: readonly NodeConfig[], nodes: ReadonlyMap<string, ResolvedNode>, problems: Problems) {
    this.#configs = configs;
    this.#nodes = nodes;
    this.#problems = problems;
  }

  /** Names of nodes as they are written in a scope. */
  names(scope: NameScope): NodeNames {
    const known = this.#names.get(scope);
    if (known !== undefined) return known;
    const within = this.#configs.filter((config) => isWithin(config.scope, scope));
    const names = new NodeNames(
      within.map(({ name, group }) => ({ name: name.value, group })),
      scope.prefix,
    );
    this.#names.set(scope, names);
    return names;
  }

  /** Names of the nodes that a reference leads to; none where it leads nowhere. */
  nodesOf(reference: string, scope: NameScope): readonly string[] {
    const { node: name, output } = referenceParts(reference);
    const { outer } = scope;
    if (outer === undefined || name !== INPUTS) return this.names(scope).meaning(name) ?? [];
    return scope.inputs.get(output)?.references.flatMap(({ value }) => this.nodesOf(value, outer)) ?? [];
  }

  /**
   * Follows a reference; reports where it leads nowhere.
   *
   * @param from - the node that it stands in
   */
  follow(reference: Placed<string>, scope: NameScope, from?: ResolvedNode): Followed | undefined {
    const { node: name, output } = referenceParts(reference.value);
    if (scope.outer !== undefined && name === INPUTS) return this.#followInput(reference, output, scope, scope.outer);
    const names = this.names(scope);
    const meant = names.meaning(name);
    if (meant === undefined) {
      this.#problems.add('unknown-node', `there is no node '${name}'`, reference.range, { hint: names.suggest(name) });
      return undefined;
    }
    const producer = this.#nodes.get(meant[0] ?? '');
    // A node that exists, but whose component is unknown, was reported there.
    if (producer === undefined) return undefined;
    const type = Object.hasOwn(producer.outputs, output) ? producer.outputs[output] : undefined;
    if (type !== undefined) {
      return {
        outputs: meant.map((each) => ({ node: each, output })),
        type,
        made: { message: `made here, by ${producer.spec.name}`, range: producer.config.component.range },
        several: names.isGroup(name) ? `'${name}' has ${String(meant.length)} instances` : undefined,
      };
    }
    const known = Object.keys(producer.outputs);
    this.#problems.add(
      'unknown-output',
      output === ''
        ? `'${name}' alone names a node, not one of its outputs`
        : `node '${name}' (${producer.spec.name}) has no output '${output}'`,
      reference.range,
      {
        hint: output === '' && known[0] !== undefined ? `write '${name}.${known[0]}'` : suggest(output, known),
        related: producer === from ? [] : [{ message: 'the node', range: producer.config.name.range }],
      },
    );
    return undefined;
  }

  /** Reports what is given to a fragment and does not fit what it declares. */
  checkInputs(scope: NameScope): void {
    const { outer } = scope;
    if (outer === undefined) return;
    for (const [name, { type, references }] of scope.inputs) {
      const declared = artifactTypes.get(type.value);
      // One without a type was reported there.
      if (declared === undefined && type.value !== '') {
        this.#problems.add('not-allowed', `there is no artifact type '${type.value}'`, type.range, {
          hint: suggest(type.value, [...artifactTypes.keys()]),
        });
      }
      for (const reference of references) {
        const found = this.follow(reference, outer);
        if (declared === undefined || found === undefined || found.type.name === declared.name) continue;
        const message = `the input '${name}' of the fragment takes ${declared.name}, but ${reference.value} is ${found.type.name}`;
        this.#problems.add('artifact-type', message, reference.range, {
          related: [found.made, { message: 'declared here', range: type.range }],
        });
      }
    }
  }

  #followInput(reference: Placed<string>, name: string, scope: NameScope, outer: NameScope): Followed | undefined {
    const input = scope.inputs.get(name);
    if (input === undefined) {
      this.#problems.add('unknown-input', `the fragment declares no input '${name}'`, reference.range, {
        hint: suggest(name, [...scope.inputs.keys()]) ?? `declare it beside 'nodes': 'inputs: {${name}: Model}'`,
      });
      return undefined;
    }
    const type = artifactTypes.get(input.type.value);
    const found = input.references.flatMap((each) => this.follow(each, outer) ?? []);
    // What is wrong with what it is given was reported where it is included.
    if (type === undefined || found.length < Math.min(1, input.references.length)) return undefined;
    if (input.references.length === 0 && !input.optional) return undefined;
    const outputs = found.flatMap((each) => each.outputs);
    const isOne = outputs.length <= 1 && found.every(({ several }) => several === undefined);
    return {
      outputs,
      type,
      made: { message: 'declared here', range: input.type.range },
      several: isOne ? undefined : `'${INPUTS}.${name}' stands for ${String(outputs.length)} artifacts`,
    };
  }
}
