/**
 * What stands in a pipeline file or fragment that is being written: its nodes, params and inputs, each with its place, as
 * far as they can be read, and those of the fragments that it includes. Whether they are right is the diagnostics' business.
 */
import { join } from 'node:path';
import type { ComponentSpec } from '../../components/component-spec.js';
import type { FindComponent } from '../../components/registry.js';
import { artifactTypes } from '../../artifacts/types.js';
import { entryOf, type Located, type LocatedEntry, type LocatedMapping, type Placed } from '../config/located.js';
import { INPUTS } from '../config/name-scope.js';
import { parsePartly } from '../config/parse-yaml.js';
import { readFragments, type Fragment, type ReadFragment } from '../config/read-fragments.js';
import { Problems } from '../source/problems.js';
import type { SourceFile } from '../source/source-file.js';

/** One node. */
export interface OutlineNode {
  /** As the file names it: that of an included node begins with the name of its fragment. */
  readonly name: string;
  readonly entry: LocatedEntry;
  /** Undefined where it is not written yet, or not known. */
  readonly spec: ComponentSpec | undefined;
  /** Names of the artifact types by output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of the nodes whose outputs it uses, or that it waits for. */
  readonly needs: ReadonlySet<string>;
}

/** A fragment where it is included. */
export interface OutlineInclude {
  readonly as: Placed<string>;
  readonly file: Placed<string>;
  /** What it is given. */
  readonly params: readonly LocatedEntry[];
  readonly inputs: readonly LocatedEntry[];
  readonly outline: Outline;
}

/** One file. */
export interface Outline {
  /** Absolute path. */
  readonly path: string;
  readonly root: Located | undefined;
  /** In the order of the file; included ones after its own. */
  readonly nodes: ReadonlyMap<string, OutlineNode>;
  /** Its own nodes. */
  readonly ownNodes: ReadonlyMap<string, OutlineNode>;
  readonly params: ReadonlyMap<string, LocatedEntry>;
  /** Those that a fragment declares. */
  readonly inputs: ReadonlyMap<string, LocatedEntry>;
  readonly includes: readonly OutlineInclude[];
}

/** What a file is read with. */
export interface OutlineOptions {
  readonly file: SourceFile;
  /** Absolute path of the file. */
  readonly path: string;
  /** Absolute folder of the pipeline file, which fragments are looked for below. */
  readonly baseDir: string;
  readonly find: FindComponent;
  readonly read: ReadFragment;
}

/** Finds none: names can be read without components, and those of the user's would be executed. */
export const noComponents: FindComponent = () =>
  Promise.resolve({ found: false, code: 'unknown-component', message: '', hint: undefined });

/** The value of a key, when it is a mapping. */
export function mappingIn(value: Located | undefined, key: string): LocatedMapping | undefined {
  const inner = valueIn(value, key);
  return inner?.kind === 'mapping' ? inner : undefined;
}

/** The value of a key. */
export function valueIn(value: Located | undefined, key: string): Located | undefined {
  return value?.kind === 'mapping' ? entryOf(value, key)?.value : undefined;
}

/** Text of a scalar. */
export function textOf(value: Located | undefined): string | undefined {
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined;
}

/** The values of a list, or the one value that stands in its place. */
export function itemsOf(value: Located | undefined): readonly Located[] {
  if (value === undefined) return [];
  return value.kind === 'list' ? value.items : [value];
}

/** Name of the artifact type of a fragment's input; undefined where there is none of that name. */
export function inputType({ value }: LocatedEntry): string | undefined {
  const type = textOf(value) ?? textOf(valueIn(value, 'type'));
  return type !== undefined && artifactTypes.has(type) ? type : undefined;
}

function declaredOutputs(node: Located): Readonly<Record<string, string>> {
  const entries = mappingIn(node, 'outputs')?.entries ?? [];
  return Object.fromEntries(
    entries.flatMap(({ key, value }) => {
      const type = textOf(value);
      return type !== undefined && artifactTypes.has(type) ? [[key, type]] : [];
    }),
  );
}

/** Names of the nodes in references. */
function nodesIn(references: readonly Located[]): readonly string[] {
  return references.map((each) => textOf(each)?.split('.')[0] ?? '');
}

async function readNode(entry: LocatedEntry, find: FindComponent): Promise<OutlineNode> {
  const { key: name, value } = entry;
  const component = textOf(valueIn(value, 'component'));
  const found = component === undefined ? undefined : await find(component);
  const spec = found?.found === true ? found.spec : undefined;
  const own = Object.entries(spec?.outputs ?? {}).map(([port, { type }]) => [port, type.name] as const);
  const references = (mappingIn(value, 'inputs')?.entries ?? []).flatMap((input) => itemsOf(input.value));
  const needs = nodesIn([...references, ...itemsOf(valueIn(value, 'after'))]);
  const outputs = spec?.ports === 'fixed' ? {} : declaredOutputs(value);
  return { name, entry, spec, outputs: { ...Object.fromEntries(own), ...outputs }, needs: new Set(needs) };
}

/** The nodes of a fragment as the file names them that includes it. */
function includedNodes({ as, inputs, outline }: OutlineInclude): readonly OutlineNode[] {
  const given = nodesIn(inputs.flatMap(({ value }) => itemsOf(value)));
  return [...outline.nodes.values()].map((node) => ({
    ...node,
    name: `${as.value}_${node.name}`,
    needs: new Set([...node.needs].flatMap((need) => (need === INPUTS ? given : [`${as.value}_${need}`]))),
  }));
}

async function outlineOf(
  root: Located | undefined,
  path: string,
  fragments: readonly Fragment[],
  { baseDir, find }: Pick<OutlineOptions, 'baseDir' | 'find'>,
): Promise<Outline> {
  const ownNodes = new Map<string, OutlineNode>();
  for (const entry of mappingIn(root, 'nodes')?.entries ?? []) ownNodes.set(entry.key, await readNode(entry, find));
  const includes: OutlineInclude[] = [];
  const nodes = new Map(ownNodes);
  for (const { as, file, params, inputs, root: inner, fragments: others } of fragments) {
    const outline = await outlineOf(inner, join(baseDir, file.value), others, { baseDir, find });
    const include = { as, file, params, inputs, outline };
    includes.push(include);
    for (const node of includedNodes(include)) if (!nodes.has(node.name)) nodes.set(node.name, node);
  }
  const byName = (key: string): ReadonlyMap<string, LocatedEntry> =>
    new Map((mappingIn(root, key)?.entries ?? []).map((entry) => [entry.key, entry]));
  return { path, root, nodes, ownNodes, params: byName('params'), inputs: byName('inputs'), includes };
}

/** Reads what can be read. */
export async function readOutline({ file, path, baseDir, find, read }: OutlineOptions): Promise<Outline> {
  const root = parsePartly(file);
  const problems = new Problems();
  const fragments = await readFragments(root, { file, baseDir, read, found: () => undefined, problems });
  return await outlineOf(root, path, fragments, { baseDir, find });
}

/** Names of a node and of all nodes that need it, directly or not. */
export function dependantsOf(name: string, nodes: Outline['nodes']): ReadonlySet<string> {
  const found = new Set([name]);
  for (const next of found) {
    for (const node of nodes.values()) if (node.needs.has(next)) found.add(node.name);
  }
  return found;
}
