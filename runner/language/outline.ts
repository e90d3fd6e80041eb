/**
 * What stands in a pipeline file that is being written: its nodes and params, each with its place, as far as they can be
 * read. Whether they are right is the diagnostics' business.
 */
import type { ComponentSpec } from '../../components/component-spec.js';
import type { FindComponent } from '../../components/registry.js';
import { artifactTypes } from '../../artifacts/types.js';
import { entryOf, type Located, type LocatedEntry, type LocatedMapping } from '../config/located.js';
import { parsePartly } from '../config/parse-yaml.js';
import type { SourceFile } from '../source/source-file.js';

/** One node. */
export interface OutlineNode {
  readonly name: string;
  readonly entry: LocatedEntry;
  /** Undefined where it is not written yet, or not known. */
  readonly spec: ComponentSpec | undefined;
  /** Names of the artifact types by output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of the nodes whose outputs it uses, or that it waits for. */
  readonly needs: ReadonlySet<string>;
}

/** One pipeline file. */
export interface Outline {
  readonly root: Located | undefined;
  /** In the order of the file. */
  readonly nodes: ReadonlyMap<string, OutlineNode>;
  readonly params: ReadonlyMap<string, LocatedEntry>;
}

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

function declaredOutputs(node: Located): Readonly<Record<string, string>> {
  const entries = mappingIn(node, 'outputs')?.entries ?? [];
  return Object.fromEntries(
    entries.flatMap(({ key, value }) => {
      const type = textOf(value);
      return type !== undefined && artifactTypes.has(type) ? [[key, type]] : [];
    }),
  );
}

async function readNode(entry: LocatedEntry, find: FindComponent): Promise<OutlineNode> {
  const { key: name, value } = entry;
  const component = textOf(valueIn(value, 'component'));
  const found = component === undefined ? undefined : await find(component);
  const spec = found?.found === true ? found.spec : undefined;
  const own = Object.entries(spec?.outputs ?? {}).map(([port, { type }]) => [port, type.name] as const);
  const references = (mappingIn(value, 'inputs')?.entries ?? []).flatMap((input) => itemsOf(input.value));
  const needs = [...references, ...itemsOf(valueIn(value, 'after'))].map((each) => textOf(each)?.split('.')[0] ?? '');
  const outputs = spec?.ports === 'fixed' ? {} : declaredOutputs(value);
  return { name, entry, spec, outputs: { ...Object.fromEntries(own), ...outputs }, needs: new Set(needs) };
}

/** Reads what can be read. */
export async function readOutline(file: SourceFile, find: FindComponent): Promise<Outline> {
  const root = parsePartly(file);
  const nodes = new Map<string, OutlineNode>();
  for (const entry of mappingIn(root, 'nodes')?.entries ?? []) nodes.set(entry.key, await readNode(entry, find));
  const params = new Map((mappingIn(root, 'params')?.entries ?? []).map((entry) => [entry.key, entry]));
  return { root, nodes, params };
}

/** Names of a node and of all nodes that need it, directly or not. */
export function dependantsOf(name: string, nodes: Outline['nodes']): ReadonlySet<string> {
  const found = new Set([name]);
  for (const next of found) {
    for (const node of nodes.values()) if (node.needs.has(next)) found.add(node.name);
  }
  return found;
}
