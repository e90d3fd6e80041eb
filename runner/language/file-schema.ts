/**
 * The schemas that hold at a path of a pipeline file: of its own keys out of the published JSON Schema, of a node's params
 * and inputs out of its component's spec, which may be a file of the user's.
 */
import { mappingOf } from '../../artifacts/mapping.js';
import type { ComponentSpec } from '../../components/component-spec.js';
import { paramsJsonSchema, type JsonSchema } from '../../components/params.js';
import type { Outline } from './outline.js';

/** What a component says of the nodes that use it. */
function nodeSchema(spec: ComponentSpec): JsonSchema {
  const inputs = Object.entries(spec.inputs).map(([name, { type, list, optional, doc }]) => {
    const many = list ? ', one or several' : '';
    return [name, { description: `${type.name}${many}${optional ? ', optional' : ''}. ${doc}` }] as const;
  });
  return {
    properties: { params: paramsJsonSchema(spec.params), inputs: { properties: Object.fromEntries(inputs) } },
  };
}

/** A key that may stand at a place. */
export interface KnownKey {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** Answers what may stand where. */
export class FileSchema {
  readonly #root: JsonSchema;

  /** @param root - the published schema of pipeline files */
  constructor(root: JsonSchema) {
    this.#root = root;
  }

  /** The schemas of the value at a path, alternatives apart. */
  at(path: readonly (string | number)[], { nodes }: Outline): readonly JsonSchema[] {
    let schemas = this.#flat(this.#root);
    for (const [depth, step] of path.entries()) {
      schemas = schemas.flatMap((schema) => this.#inside(schema, step)).flatMap((schema) => this.#flat(schema));
      const spec = depth === 1 && path[0] === 'nodes' ? nodes.get(String(step))?.spec : undefined;
      // What the published schema says by component is left out there: it is asked of the spec.
      if (spec !== undefined) schemas = [...schemas, nodeSchema(spec)];
    }
    return schemas;
  }

  /** The keys that a mapping at a path may have. */
  keysAt(path: readonly (string | number)[], outline: Outline): readonly KnownKey[] {
    const keys = new Map<string, JsonSchema>();
    for (const { properties } of this.at(path, outline)) {
      for (const [name, value] of Object.entries(mappingOf(properties) ?? {})) {
        const schema = mappingOf(value);
        if (schema === undefined) continue;
        // The same key of several alternatives: the one that is documented more.
        keys.set(name, { ...schema, ...keys.get(name) });
      }
    }
    return [...keys].map(([name, schema]) => ({ name, schema }));
  }

  /** Whether a mapping at a path has one key only. */
  isChoice(path: readonly (string | number)[], outline: Outline): boolean {
    const withKeys = this.at(path, outline).filter(({ properties }) => properties !== undefined);
    return withKeys.length > 0 && withKeys.every(({ maxProperties }) => maxProperties === 1);
  }

  #inside(schema: JsonSchema, step: string | number): readonly JsonSchema[] {
    const { properties, additionalProperties, items } = schema;
    const named = mappingOf(properties)?.[step];
    const inner = typeof step === 'number' ? items : (named ?? additionalProperties);
    const found = mappingOf(inner);
    return found === undefined ? [] : [found];
  }

  /** A schema with references followed and alternatives spread out. */
  #flat(schema: JsonSchema): readonly JsonSchema[] {
    const { $ref, anyOf, ...rest } = schema;
    if (typeof $ref === 'string') {
      const target = mappingOf(mappingOf(this.#root['$defs'])?.[$ref.replace('#/$defs/', '')]);
      return target === undefined ? [] : this.#flat({ ...target, ...rest });
    }
    if (!Array.isArray(anyOf)) return [schema];
    return anyOf.flatMap((each: unknown) => this.#flat({ ...rest, ...mappingOf(each) }));
  }
}
