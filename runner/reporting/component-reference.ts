/**
 * The reference of a component as text, from its spec: ports, and params with everything inside them.
 */
import { mappingOf } from '../../artifacts/mapping.js';
import type { ComponentSpec } from '../../components/component-spec.js';
import type { JsonSchema } from '../../components/params.js';
import type { Style } from './text/style.js';

/** Deepest nesting of params that is described. */
const DEEPEST = 6;

function schemas(value: unknown): readonly (readonly [string, JsonSchema])[] {
  return Object.entries(mappingOf(value) ?? {}).flatMap(([name, item]) => {
    const schema = mappingOf(item);
    return schema === undefined ? [] : [[name, schema] as const];
  });
}

function bounds(schema: JsonSchema): string {
  const part = (sign: string, keyword: string): readonly string[] => {
    const bound = schema[keyword];
    return typeof bound === 'number' ? [`${sign} ${String(bound)}`] : [];
  };
  return [
    ...part('≥', 'minimum'),
    ...part('>', 'exclusiveMinimum'),
    ...part('≤', 'maximum'),
    ...(schema['minItems'] === schema['maxItems']
      ? part('', 'minItems').map((text) => text.trim())
      : [...part('≥', 'minItems'), ...part('≤', 'maxItems')]),
  ].join(' and ');
}

/** A short name of what a schema accepts. */
export function typeText(schema: JsonSchema): string {
  const { type, anyOf, enum: choices } = schema;
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  if (Array.isArray(anyOf)) {
    return [...new Set(anyOf.map((each) => typeText(mappingOf(each) ?? {})))].join(' or ');
  }
  const limits = bounds(schema);
  if (type === 'array') {
    const items = mappingOf(schema['items']);
    const of = items === undefined || Object.keys(items).length === 0 ? '' : ` of ${typeText(items)}`;
    return `list${of}${limits === '' ? '' : `, length ${limits}`}`;
  }
  if (type === 'object') {
    return schema['maxProperties'] === 1 && schema['minProperties'] === 1 ? 'mapping with one of the keys' : 'mapping';
  }
  return `${typeof type === 'string' ? type : 'any value'}${limits === '' ? '' : ` ${limits}`}`;
}

/** What is written below a param: the keys of a mapping, of the items of a list, of alternatives; whether each is required. */
export function keysInside(
  schema: JsonSchema,
): readonly (readonly [string, JsonSchema, required: boolean | undefined])[] {
  const { anyOf, items, properties, additionalProperties, required } = schema;
  const form = schema['maxProperties'] === 1 && schema['minProperties'] === 1;
  const needed = Array.isArray(required) ? required : [];
  const any = mappingOf(additionalProperties);
  return [
    ...schemas(properties).map(([name, inner]) => [name, inner, form ? undefined : needed.includes(name)] as const),
    ...(any === undefined ? [] : [['<any name>', any, undefined] as const]),
    ...(mappingOf(items) === undefined ? [] : keysInside(mappingOf(items) ?? {})),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((each) => keysInside(mappingOf(each) ?? {})) : []),
  ];
}

function paramLines(
  name: string,
  schema: JsonSchema,
  required: boolean | undefined,
  depth: number,
  style: Style,
): readonly string[] {
  const indent = '  '.repeat(depth);
  const { description, default: standard } = schema;
  const presence =
    required === true ? ', required' : standard === undefined ? '' : `, default ${JSON.stringify(standard)}`;
  const doc = typeof description === 'string' && description !== '' ? [`${indent}    ${description}`] : [];
  const inside =
    depth >= DEEPEST
      ? []
      : keysInside(schema).flatMap(([key, inner, needed]) => paramLines(key, inner, needed, depth + 1, style));
  return [`${indent}${style.strong(name)}: ${typeText(schema)}${style.dim(presence)}`, ...doc, ...inside];
}

/** The first sentence of a documentation. */
export function firstSentence(doc: string): string {
  return /^.*?[.](?=\s|$)/su.exec(doc)?.[0] ?? doc;
}

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0 ? [] : ['', style.strong(title), ...lines.map((line) => `  ${line}`)];
}

/** The reference of a component, with a line break at its end. */
export function componentReference(spec: ComponentSpec, style: Style): string {
  const inputs = Object.entries(spec.inputs).map(
    ([name, { type, optional, list, doc }]) =>
      `${style.strong(name)}: ${type.name}${list ? ', one or several' : ''}${optional ? ', optional' : ''}\n      ${doc}`,
  );
  const outputs = Object.entries(spec.outputs).map(
    ([name, { type, doc }]) => `${style.strong(name)}: ${type.name}\n      ${doc}`,
  );
  const inputsDeclared = spec.ports === 'declared' ? ['the pipeline file declares them'] : [];
  const outputsDeclared = spec.ports === 'fixed' ? [] : ['the pipeline file declares them'];
  const params = Object.entries(spec.params).flatMap(([name, param]) =>
    paramLines(name, param.jsonSchema(), !param.optional, 0, style),
  );
  return [
    `${style.strong(spec.name)}: ${spec.doc}`,
    ...section('inputs', [...inputsDeclared, ...inputs], style),
    ...section('outputs', [...outputsDeclared, ...outputs], style),
    ...section('params', params, style),
    '',
  ].join('\n');
}
