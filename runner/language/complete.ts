/**
 * What can be written at an offset: keys and values that are known there, components, outputs of other nodes by type,
 * names of nodes, placeholders.
 */
import type { JsonSchema } from '../../components/params.js';
import { artifactTypes } from '../../artifacts/types.js';
import { SourceFile } from '../source/source-file.js';
import type { FileSchema } from './file-schema.js';
import { inputText, keyText, nodeText, paramText } from './markdown.js';
import type { OpenDocument } from './open-document.js';
import { dependantsOf, inputType, valueIn, type Outline, type OutlineInclude } from './outline.js';
import { spotAt, type Spot } from './spot.js';

/** Something that can be written. */
export interface Suggestion {
  readonly label: string;
  readonly kind: 'key' | 'value' | 'component' | 'output' | 'node' | 'param' | 'file';
  /** What stands in the document afterwards, in place of what was typed. */
  readonly insert: string;
  /** A short word beside the label. */
  readonly detail?: string;
  /** Markdown. */
  readonly doc?: string;
}

/** Suggestions, and the stretch that one of them replaces. */
export interface Suggestions {
  readonly start: number;
  readonly end: number;
  readonly items: readonly Suggestion[];
}

/** Stands at the cursor while the text is read, so that there is something to be found. */
const MARK = '\uE000';

function keySuggestion(name: string, schema: JsonSchema, hasColon: boolean): Suggestion {
  const doc = keyText(name, schema);
  return { label: name, kind: 'key', insert: hasColon ? name : `${name}: `, doc };
}

function schemaValues(schemas: readonly JsonSchema[]): readonly Suggestion[] {
  const values = new Map<string, Suggestion>();
  for (const { const: constant, enum: choices, type, default: standard, description } of schemas) {
    const all: readonly unknown[] = [
      ...(constant === undefined ? [] : [constant]),
      ...(Array.isArray(choices) ? (choices as readonly unknown[]) : []),
      ...(type === 'boolean' ? [true, false] : []),
      ...(standard === undefined || typeof standard === 'object' ? [] : [standard]),
    ];
    for (const value of all) {
      const label = typeof value === 'string' ? value : JSON.stringify(value);
      const doc = typeof description === 'string' && constant !== undefined ? { doc: description } : {};
      const detail = value === standard ? { detail: 'default' } : {};
      if (!values.has(label)) values.set(label, { label, kind: 'value', insert: label, ...doc, ...detail });
    }
  }
  return [...values.values()];
}

/** A type of artifacts as a suggestion says it. */
function typeDetail(type: string): Pick<Suggestion, 'detail' | 'doc'> {
  const doc = artifactTypes.get(type)?.doc;
  return { detail: type, ...(doc === undefined ? {} : { doc }) };
}

/**
 * Outputs of a type, and inputs of the fragment.
 *
 * @param wanted - any type where undefined
 * @param after - nodes that would close a circle
 */
function outputSuggestions(
  wanted: string | undefined,
  after: ReadonlySet<string>,
  { nodes, inputs }: Outline,
): readonly Suggestion[] {
  const given = [...inputs.values()].flatMap((input): readonly Suggestion[] => {
    const type = inputType(input);
    if (type === undefined || (wanted !== undefined && wanted !== type)) return [];
    const label = `inputs.${input.key}`;
    return [{ label, kind: 'output', insert: label, ...typeDetail(type) }];
  });
  const made = [...nodes.values()].flatMap((other) =>
    after.has(other.name)
      ? []
      : Object.entries(other.outputs).flatMap(([port, type]): readonly Suggestion[] => {
          if (wanted !== undefined && wanted !== type) return [];
          const label = `${other.name}.${port}`;
          return [{ label, kind: 'output', insert: label, ...typeDetail(type) }];
        }),
  );
  return [...given, ...made];
}

/** The fragment that an item of `include` includes. */
function includeAt(index: string | number | undefined, { root, includes }: Outline): OutlineInclude | undefined {
  const list = valueIn(root, 'include');
  const item = list?.kind === 'list' ? list.items[Number(index)] : undefined;
  const as = valueIn(item, 'as')?.range;
  return as && includes.find((include) => include.as.range.start === as.start);
}

/** The other fragments that the file can include; names that would have to be quoted are left out. */
async function fileSuggestions(document: OpenDocument): Promise<readonly Suggestion[]> {
  const fragments = await document.fragmentFiles();
  return fragments
    .filter((path) => /^[\w./-]+$/u.test(path))
    .map((path) => ({ label: path, kind: 'file', insert: path }));
}

/** What a fragment takes, as keys. */
function givenKeys(what: 'params' | 'inputs', { outline }: OutlineInclude, hasColon: boolean): readonly Suggestion[] {
  return [...outline[what].values()].map((entry) => ({
    label: entry.key,
    kind: what === 'params' ? 'param' : 'key',
    insert: hasColon ? entry.key : `${entry.key}: `,
    doc: what === 'params' ? paramText(entry) : inputText(entry),
  }));
}

function nodeSuggestions(node: string, { nodes }: Outline): readonly Suggestion[] {
  const after = dependantsOf(node, nodes);
  return [...nodes.values()]
    .filter(({ name }) => !after.has(name))
    .map((other) => ({ label: other.name, kind: 'node', insert: other.name, doc: nodeText(other) }));
}

/** `nodes.x`; in brackets what is no name in an expression. */
function accessText(owner: 'nodes' | 'params', name: string): string {
  return /^\w+$/u.test(name) ? `${owner}.${name}` : `${owner}["${name}"]`;
}

/** What a condition can ask about: params, and what earlier nodes came to. */
function conditionSuggestions(node: string, outline: Outline): readonly Suggestion[] {
  const params = [...outline.params.values()].map((param): Suggestion => {
    const text = accessText('params', param.key);
    return { label: text, kind: 'param', insert: text, doc: paramText(param) };
  });
  const facts = nodeSuggestions(node, outline).flatMap(({ label, doc }): readonly Suggestion[] => {
    const text = accessText('nodes', label);
    const outputs = Object.keys(outline.nodes.get(label)?.outputs ?? {}).map((port) => `${text}.outputs.${port}`);
    const about = doc === undefined ? {} : { doc };
    return [`${text}.metrics`, ...outputs].map((each) => ({ label: each, kind: 'node', insert: each, ...about }));
  });
  return [...params, ...facts];
}

/** Names of variables that the node declares. */
function declaredEnv(node: string, { nodes }: Outline): readonly string[] {
  const env = valueIn(nodes.get(node)?.entry.value, 'env');
  if (env?.kind === 'mapping') return env.entries.map(({ key }) => key);
  return env?.kind === 'list' ? env.items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : [])) : [];
}

/** What can stand in a `${…}` that is open before the cursor. */
function placeholderSuggestions(spot: Spot, outline: Outline): readonly Suggestion[] {
  const node = String(spot.path[1]);
  const { spec, entry } = outline.nodes.get(node) ?? {};
  const ports = (kind: 'inputs' | 'outputs'): readonly Suggestion[] => {
    const section = valueIn(entry?.value, kind);
    const keys = section?.kind === 'mapping' && spec?.ports === 'declared' ? section.entries : [];
    return keys.map(({ key }) => ({ label: `${kind}.${key}`, kind: 'value', insert: `${kind}.${key}` }));
  };
  const params = [...outline.params.values()].map((param): Suggestion => ({
    label: `params.${param.key}`,
    kind: 'param',
    insert: `params.${param.key}`,
    doc: paramText(param),
  }));
  const env = declaredEnv(node, outline).map((name): Suggestion => ({
    label: `env.${name}`,
    kind: 'value',
    insert: `env.${name}`,
  }));
  return [...params, ...env, ...ports('inputs'), ...ports('outputs')];
}

function valueSuggestions({ path }: Spot, outline: Outline, schema: FileSchema): readonly Suggestion[] {
  const [section, node, key, port] = path;
  if (section === 'include' && key === 'inputs' && typeof port === 'string') {
    const include = includeAt(node, outline);
    const input = include?.outline.inputs.get(port);
    const own = [...outline.nodes.keys()].filter((name) => include && name.startsWith(`${include.as.value}_`));
    return outputSuggestions(input && inputType(input), new Set(own), outline);
  }
  if (section === 'nodes' && typeof node === 'string') {
    if (key === 'inputs' && typeof port === 'string') {
      const wanted = outline.nodes.get(node)?.spec?.inputs[port]?.type.name;
      return outputSuggestions(wanted, dependantsOf(node, outline.nodes), outline);
    }
    if (key === 'after') return nodeSuggestions(node, outline);
    if (key === 'when') return conditionSuggestions(node, outline);
    if (key === 'component' && path.length === 3) {
      return schemaValues(schema.at(path, outline)).map((each) => ({ ...each, kind: 'component' }));
    }
  }
  return schemaValues(schema.at(path, outline));
}

function keySuggestions(spot: Spot, outline: Outline, schema: FileSchema, hasColon: boolean): readonly Suggestion[] {
  // A key alone: what is around it. A value that stands where keys could: what is in it.
  const around = spot.part === 'key' ? spot.path.slice(0, -1) : spot.path;
  const present = new Set(spot.part === 'key' ? spot.mapping?.entries.map(({ key }) => key) : []);
  present.delete(String(spot.path.at(-1)));
  const [section, index, what] = around;
  if (section === 'include' && around.length === 3 && (what === 'params' || what === 'inputs')) {
    const include = includeAt(index, outline);
    const keys = include === undefined ? [] : givenKeys(what, include, hasColon);
    return keys.filter(({ label }) => !present.has(label));
  }
  if (present.size > 0 && schema.isChoice(around, outline)) return [];
  return schema
    .keysAt(around, outline)
    .filter(({ name }) => !present.has(name))
    .map(({ name, schema: of }) => keySuggestion(name, of, hasColon));
}

/**
 * Suggests what can be written.
 *
 * @param offset - where the cursor stands
 */
export async function complete(document: OpenDocument, offset: number, schema: FileSchema): Promise<Suggestions> {
  const { path, text } = document.source;
  const before = text.slice(0, offset);
  const marked = await document.outlineOf(new SourceFile(path, `${before}${MARK}${text.slice(offset)}`));
  const spot = spotAt(marked.root, offset);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const placeholder = /(?<!\$)\$\{([^{}]*)$/u.exec(line);
  const typed = placeholder?.[1] ?? /[^\s,[\]{}:"'#]*$/u.exec(line)?.[0] ?? '';
  const [section, , key] = spot?.path ?? [];
  const isFile = spot?.part === 'value' && section === 'include' && key === 'file';
  const rest = (isFile ? /^[\w./-]*/u : /^[\w.-]*/u).exec(text.slice(offset))?.[0] ?? '';
  const answer = (items: readonly Suggestion[]): Suggestions => ({
    start: offset - typed.length,
    end: offset + rest.length,
    items,
  });
  if (spot === undefined) return answer([]);
  if (placeholder !== null) return answer(placeholderSuggestions(spot, marked));
  if (isFile) return answer(await fileSuggestions(document));
  const hasColon = /^\s*:/u.test(text.slice(offset + rest.length));
  if (spot.part === 'key') return answer(keySuggestions(spot, marked, schema, hasColon));
  const values = valueSuggestions(spot, marked, schema);
  const startsLine = /^\s*(?:- +)*$/u.test(line.slice(0, line.length - typed.length));
  return answer(startsLine ? [...values, ...keySuggestions(spot, marked, schema, hasColon)] : values);
}
