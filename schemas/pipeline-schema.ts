/**
 * The JSON Schemas of pipeline files and of fragments, from the specs of the components: editors complete and check by
 * them. They are a first look only; `pipeline validate` says all that is wrong.
 */
import { isMapping } from '../artifacts/mapping.js';
import { artifactTypes } from '../artifacts/types.js';
import type { ComponentSpec, InputPort } from '../components/component-spec.js';
import { paramsJsonSchema, type JsonSchema } from '../components/params.js';
import { shareDefinitions } from './share-definitions.js';

const PLACEHOLDER = { $ref: '#/$defs/placeholder' };

function mapSchemas(value: unknown): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isMapping(item) ? withPlaceholders(item) : item]),
  );
}

/** The keywords of a schema with placeholders allowed in all that it holds. */
function inside(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, anyOf } = schema;
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: mapSchemas(properties) }),
    ...(isMapping(items) ? { items: withPlaceholders(items) } : {}),
    ...(isMapping(additionalProperties) ? { additionalProperties: withPlaceholders(additionalProperties) } : {}),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map((each: unknown) => (isMapping(each) ? inside(each) : each)) } : {}),
  };
}

/** Accepts what the schema accepts, and a placeholder in place of it or of anything inside it. */
function withPlaceholders(schema: JsonSchema): JsonSchema {
  const { description, default: standard, ...kind } = schema;
  const about = {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
  };
  const acceptsAnyText = kind['type'] === 'string' && kind['pattern'] === undefined;
  if (acceptsAnyText || Object.keys(kind).length === 0) return { ...about, ...kind };
  const { anyOf, ...others } = inside(kind);
  const alternatives: readonly unknown[] = Array.isArray(anyOf) ? (anyOf as readonly unknown[]) : [others];
  return { ...about, anyOf: [...alternatives, PLACEHOLDER] };
}

const REFERENCE = { $ref: '#/$defs/reference' };
const REFERENCES = { anyOf: [REFERENCE, { type: 'array', items: REFERENCE }] };

function inputSchema({ type, list, doc }: InputPort): JsonSchema {
  const description = `${type.name}${list ? ', one or several' : ''}. ${doc}`;
  return { description, ...(list ? REFERENCES : REFERENCE) };
}

/** What a node of one component may have. */
function nodeSchema(spec: ComponentSpec): JsonSchema {
  const params = paramsJsonSchema(spec.params);
  const needed = Object.entries(spec.inputs).filter(([, { optional }]) => !optional);
  const inputs =
    spec.ports === 'declared'
      ? { type: 'object', additionalProperties: REFERENCES }
      : {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(Object.entries(spec.inputs).map(([name, port]) => [name, inputSchema(port)])),
          ...(needed.length === 0 ? {} : { required: needed.map(([name]) => name) }),
        };
  const required = [
    ...(needed.length === 0 ? [] : ['inputs']),
    ...(params['required'] === undefined ? [] : ['params']),
    ...(spec.ports === 'declared-outputs' ? ['outputs'] : []),
  ];
  return {
    description: spec.doc,
    properties: {
      inputs,
      params: { description: `Params of ${spec.name}.`, ...inside(params) },
      ...(spec.ports === 'fixed' ? { outputs: false } : {}),
    },
    ...(required.length === 0 ? {} : { required }),
  };
}

const INTEGER = (minimum: number, maximum: number): JsonSchema => ({ type: 'integer', minimum, maximum });

/** A length of time. */
const DURATION = '^(\\d{1,6}(ms|s|m|h))+$';

/** A size with its unit. */
const SIZE = '^\\d{1,9}(\\.\\d{1,3})? ?([kKMGT]i?B|B)$';

/** Keys that nodes and `defaults` share. */
const SETTINGS = {
  retries: {
    description:
      'How often a failed step is tried again, and the longest first pause, which doubles. Default 0, after 1s.',
    anyOf: [
      INTEGER(0, 100),
      {
        type: 'object',
        additionalProperties: false,
        required: ['times'],
        properties: { times: INTEGER(0, 100), pause: { type: 'string', pattern: DURATION } },
      },
    ],
  },
  timeout: {
    description: 'Longest time of one attempt, as 30s, 2h or 1h30m. Default: none.',
    type: 'string',
    pattern: DURATION,
  },
  resources: {
    description:
      'What it takes of the machine while it runs; nodes start as long as the budget lasts. Default: one core.',
    type: 'object',
    additionalProperties: false,
    properties: {
      cpu: { description: 'Cores, as 2 or 0.5. Default 1.', type: 'number', minimum: 0, maximum: 10_000 },
      memory: { description: 'Size, as 500MB or 8GB. Default: none.', type: 'string', pattern: SIZE },
      gpu: { description: 'GPUs. Default 0.', ...INTEGER(0, 10_000) },
    },
  },
  cache: { description: 'Whether outputs of an earlier run may be used. Default true.', type: 'boolean' },
  seed: { description: 'Seed of everything random in the step. Default 42.', ...INTEGER(0, 2 ** 31 - 1) },
};

const ENV = {
  description: 'Environment variables that reach the step: their names, or names with defaults.',
  anyOf: [
    { type: 'array', items: { $ref: '#/$defs/variable' } },
    {
      type: 'object',
      propertyNames: { $ref: '#/$defs/variable' },
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    },
  ],
};

/** What is called once a run has ended. */
const HOOKS = {
  type: 'array',
  maxItems: 20,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      command: {
        description: "Program and arguments; the run's summary is on its standard input.",
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
      },
      webhook: {
        description: "URL that the run's summary is sent to, by POST.",
        type: 'string',
        pattern: '^(https?://|.*\\$\\{)',
      },
      headers: {
        description: 'Headers of the request; ${secrets.NAME} in their values.',
        type: 'object',
        additionalProperties: { type: 'string' },
      },
      env: ENV,
      timeout: {
        description: 'Longest time that it may take. Default 30s.',
        type: 'string',
        pattern: DURATION,
      },
    },
    anyOf: [{ required: ['command'] }, { required: ['webhook'] }],
  },
};

/** A param of the pipeline or fragment: a value, or its definition. */
const PIPELINE_PARAM = {
  anyOf: [
    { type: ['string', 'number', 'boolean', 'null', 'array'] },
    {
      type: 'object',
      additionalProperties: false,
      required: ['type'],
      properties: {
        type: { enum: ['integer', 'number', 'string', 'boolean', 'list', 'mapping', 'any'] },
        default: { description: 'Its value unless one is given. Without it, one must be given.' },
        minimum: { type: 'number' },
        maximum: { type: 'number' },
        enum: { description: 'The values that are allowed.', type: 'array' },
        description: { type: 'string' },
      },
    },
  ],
};

const NAME = { $ref: '#/$defs/name' };

const NODES = {
  description: 'The steps by name.',
  type: 'object',
  minProperties: 1,
  propertyNames: NAME,
  additionalProperties: { $ref: '#/$defs/node' },
};

const INCLUDE = {
  description: 'Fragments: files with nodes of their own, which become nodes of this pipeline.',
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['file', 'as'],
    properties: {
      file: { description: 'Path of the fragment, below the folder of this file.', type: 'string' },
      as: { description: 'Its node x is called as_x here.', ...NAME },
      params: { description: 'Values of its params.', type: 'object', propertyNames: NAME },
      inputs: {
        description: 'Outputs of nodes for the inputs that it declares: {model: node.output}.',
        type: 'object',
        propertyNames: NAME,
        additionalProperties: REFERENCES,
      },
    },
  },
};

const PARAMS = { type: 'object', propertyNames: NAME, additionalProperties: PIPELINE_PARAM };

/** The definitions that both schemas refer to. */
function definitions(specs: readonly ComponentSpec[]): JsonSchema {
  const nodeProperties = {
    component: {
      description: 'A component of this package, or a file of your own: ./my-component.ts',
      anyOf: [
        ...specs.map((spec) => ({ const: spec.name, description: spec.doc })),
        { type: 'string', pattern: '\\.(ts|mts|js|mjs)$' },
      ],
    },
    description: { description: 'What the node is for.', type: 'string' },
    inputs: { description: 'Outputs of other nodes by input: {examples: node.output}.', type: 'object' },
    outputs: {
      description: 'Types of the outputs, where the component leaves them to the file.',
      type: 'object',
      propertyNames: NAME,
      additionalProperties: { enum: [...artifactTypes.keys()] },
    },
    params: { description: 'Params of the component.', type: ['object', 'null'] },
    after: {
      description: 'Nodes that must have finished before, beside those whose outputs are used.',
      anyOf: [NAME, { type: 'array', items: NAME }],
    },
    when: {
      description:
        'Condition in CEL over params and earlier nodes: nodes.evaluator.metrics.accuracy >= 0.8 && params.deploy. The node is skipped when it does not hold.',
      type: ['string', 'boolean'],
    },
    for_each: {
      description:
        'Lists of values by name: the node has one instance a value, or a combination of values: ${each.mode} in its params.',
      type: 'object',
      minProperties: 1,
      propertyNames: NAME,
      additionalProperties: { anyOf: [{ type: 'array', minItems: 1 }, PLACEHOLDER] },
    },
    ...SETTINGS,
    env: ENV,
  };
  return {
    name: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' },
    variable: { type: 'string', pattern: '^[A-Za-z_]\\w{0,127}$' },
    reference: {
      description: 'An output of another node, node.output, or of one of its instances, node[value].output',
      type: 'string',
      pattern: '^[A-Za-z][A-Za-z0-9_-]*(\\[[^\\]]*\\])?\\.[A-Za-z][A-Za-z0-9_-]*$',
    },
    placeholder: {
      description: 'A value from elsewhere: ${params.x}, ${env.X} or ${each.x}.',
      type: 'string',
      pattern: '\\$\\{',
    },
    node: {
      type: 'object',
      required: ['component'],
      additionalProperties: false,
      properties: nodeProperties,
      allOf: specs.map((spec) => ({
        if: { properties: { component: { const: spec.name } }, required: ['component'] },
        then: { $ref: `#/$defs/${spec.name}` },
      })),
    },
    ...Object.fromEntries(specs.map((spec) => [spec.name, nodeSchema(spec)])),
  };
}

/** The schema of a pipeline file, in draft 2020-12. */
export function pipelineSchema(specs: readonly ComponentSpec[]): JsonSchema {
  return shareDefinitions({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Pipeline',
    description: 'A pipeline of tfjs-pipelines, version 1.',
    type: 'object',
    additionalProperties: false,
    required: ['version', 'name'],
    anyOf: [{ required: ['nodes'] }, { required: ['include'] }],
    properties: {
      version: { description: 'Version of this format.', const: 1 },
      name: { description: 'Name of the pipeline.', ...NAME },
      description: { type: 'string' },
      params: {
        description: 'Values that nodes use as ${params.x}; --set and --params-file change them.',
        ...PARAMS,
      },
      secrets: {
        description:
          'Names of secrets, taken from the environment (NAME), or from the file that NAME_FILE names; ${secrets.NAME} in env.',
        anyOf: [{ $ref: '#/$defs/variable' }, { type: 'array', items: { $ref: '#/$defs/variable' } }],
      },
      defaults: {
        description: 'Settings of all nodes that do not set them themselves.',
        type: 'object',
        additionalProperties: false,
        properties: SETTINGS,
      },
      on_success: { description: 'Called once a run is complete, in this order.', ...HOOKS },
      on_failure: { description: 'Called once a run has failed, in this order.', ...HOOKS },
      include: INCLUDE,
      nodes: NODES,
    },
    $defs: definitions(specs),
  });
}

/** The schema of a fragment, a file that pipelines include, in draft 2020-12. */
export function fragmentSchema(specs: readonly ComponentSpec[]): JsonSchema {
  const type = { description: 'Type of the artifacts.', enum: [...artifactTypes.keys()] };
  return shareDefinitions({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Fragment',
    description: 'Nodes that pipelines of tfjs-pipelines include.',
    type: 'object',
    additionalProperties: false,
    anyOf: [{ required: ['nodes'] }, { required: ['include'] }],
    properties: {
      description: { type: 'string' },
      params: {
        description: 'Values that nodes use as ${params.x}; those without a default are given where it is included.',
        ...PARAMS,
      },
      inputs: {
        description: 'What it is given where it is included, by artifact type; nodes use it as inputs.x.',
        type: 'object',
        propertyNames: NAME,
        additionalProperties: {
          anyOf: [
            type,
            {
              type: 'object',
              additionalProperties: false,
              required: ['type'],
              properties: {
                type,
                optional: {
                  description: 'Whether nothing may be given for it; what needs it is skipped then. Default false.',
                  type: 'boolean',
                },
                description: { type: 'string' },
              },
            },
          ],
        },
      },
      include: INCLUDE,
      nodes: NODES,
    },
    $defs: definitions(specs),
  });
}
