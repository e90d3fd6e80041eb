/**
 * What differs between two runs and can be switched from the one to the other: params of the pipeline, values and inputs
 * that were edited in its file, user code, data, and what this package itself computes with.
 */
import { relative } from 'node:path';
import { changedParts, type PartChange } from '../../../components/code-parts.js';
import type { GraphNode } from '../../graph/pipeline-graph.js';
import { argumentFiles } from '../../plan/argument-files.js';
import { fileValues, recordedValues } from './node-values.js';
import { codeKey, resourceKey, type RunSide, type Side } from './run-side.js';
import { rewirings, wiringText } from './wiring.js';

/** What kind of thing has changed. `release`: the code of this package's components, or the backend. */
export type ChangeKind = 'param' | 'value' | 'code' | 'data' | 'release';

/** One change, which is switched as a whole. */
export interface Change {
  /** Tells it from all others. */
  readonly key: string;
  readonly kind: ChangeKind;
  /** What people call it: the name of a param, `node.params.name`, the path of a file. */
  readonly name: string;
  /** Values of params and of nodes; digests of code and data. */
  readonly before: unknown;
  readonly after: unknown;
  /** Declarations of user code that differ. */
  readonly parts: readonly PartChange[];
  /** Nodes that it goes into; of a param of the pipeline, they are found by loading the pipeline. */
  readonly nodes: ReadonlySet<string>;
}

/** Both runs. */
export type RunSides = Readonly<Record<Side, RunSide>>;

/** The key of the change that something known by this key goes with: all exports of a file change together. */
export function changeKey(key: string): string {
  const space = key.indexOf(' ');
  const [kind, name] = [key.slice(0, space), key.slice(space + 1)];
  if (kind === 'module') return `code ${name.slice(0, name.lastIndexOf('#'))}`;
  return `${{ component: 'code', path: 'data', builtin: 'release' }[kind] ?? kind} ${name}`;
}

/** The keys of all that a node is made of beside values. */
export function keysOf(node: GraphNode, baseDir: string): readonly string[] {
  const files = argumentFiles(node, baseDir).map((value) => ({ kind: 'path', value }) as const);
  const named = [...node.resources, ...files].map((resource) => resourceKey(resource, baseDir));
  return [codeKey(node.source), ...named, ...(node.spec.usesBackend ? ['release backend'] : [])];
}

/**
 * How the values of a node come about: as the file says with the params of each run, or, where the file has been edited,
 * as they are on record.
 */
export interface ValueOrigin {
  readonly isAsFile: boolean;
  /** The key of the change that it goes with. */
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Origins of a node's values by path; none of a node that only one run has. */
export function valueOrigins(name: string, { good, bad }: RunSides): ReadonlyMap<string, ValueOrigin> {
  const origins = new Map<string, ValueOrigin>();
  const [nodes, documents] = [
    [good.nodes.get(name), bad.nodes.get(name)],
    [good.documents.get(name), bad.documents.get(name)],
  ];
  const [goodNode, badNode] = nodes;
  const [goodDocument, badDocument] = documents;
  if (goodNode === undefined || badNode === undefined || goodDocument === undefined || badDocument === undefined) {
    return origins;
  }
  const [before, after] = [recordedValues(goodDocument, goodNode), recordedValues(badDocument, badNode)];
  const [goodFile, badFile] = [fileValues(goodNode), fileValues(badNode)];
  const code = codeKey(badNode.source);
  const isCodeChanged = good.digests.get(code) !== bad.digests.get(code);
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    const isAsFile = old === goodFile.get(path) && now === badFile.get(path);
    // A param that only one version of a component has comes and goes with its code.
    const isOfCode = isCodeChanged && (old === undefined || now === undefined);
    const key = isOfCode ? changeKey(code) : `value ${badNode.group ?? name}.${path}`;
    origins.set(path, { isAsFile, key, before: old, after: now });
  }
  return origins;
}

/** Gathers changes that several nodes have in common. */
class Gathering {
  readonly found = new Map<string, Change>();

  add(change: Change): void {
    const known = this.found.get(change.key);
    if (known === undefined) this.found.set(change.key, change);
    else {
      const parts = [...known.parts, ...change.parts.filter(({ part }) => !known.parts.some((p) => p.part === part))];
      this.found.set(change.key, { ...known, parts, nodes: new Set([...known.nodes, ...change.nodes]) });
    }
  }
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}

function paramChanges({ good, bad }: RunSides): readonly Change[] {
  return Object.entries(bad.run.params).flatMap(([name, after]) => {
    const before = good.run.params[name];
    if (before === undefined || JSON.stringify(before) === JSON.stringify(after)) return [];
    return [{ key: `param ${name}`, kind: 'param', name, before, after, parts: [], nodes: new Set<string>() } as const];
  });
}

/** The name of a file or component as people know it. */
function shownName(key: string, baseDir: string): string {
  const name = key.slice(key.indexOf(' ') + 1);
  return name.startsWith('/') ? relative(baseDir, name) || name : name;
}

/**
 * Finds them, in the order of the pipeline's params and nodes.
 *
 * @param names - the nodes that count
 */
export function changesBetween(sides: RunSides, names: ReadonlySet<string>): readonly Change[] {
  const { good, bad } = sides;
  const { baseDir } = bad.graph;
  const gathering = new Gathering();
  for (const change of paramChanges(sides)) gathering.add(change);
  const wirings = rewirings(sides);
  for (const node of new Map([...good.nodes, ...bad.nodes]).values()) {
    if (!names.has(node.name)) continue;
    const nodes = new Set([node.name]);
    for (const [path, { isAsFile, key, before, after }] of valueOrigins(node.name, sides)) {
      if (isAsFile || before === after || !key.startsWith('value ')) continue;
      const name = `${node.group ?? node.name}.${path}`;
      gathering.add({ key, kind: 'value', name, before: parsed(before), after: parsed(after), parts: [], nodes });
    }
    const wiring = wirings.get(node.name);
    if (wiring !== undefined) {
      const { key, name } = wiring;
      const [before, after] = [wiringText(wiring.good), wiringText(wiring.bad)];
      gathering.add({ key, kind: 'value', name, before, after, parts: [], nodes });
    }
    const sidesOf = [good.nodes.get(node.name), bad.nodes.get(node.name)].filter((each) => each !== undefined);
    for (const known of new Set(sidesOf.flatMap((each) => keysOf(each, baseDir)))) {
      const [before, after] =
        known === 'release backend' ? [good.backend, bad.backend] : [good.digests.get(known), bad.digests.get(known)];
      if (before === undefined || after === undefined || JSON.stringify(before) === JSON.stringify(after)) continue;
      const key = changeKey(known);
      const kind = key.slice(0, key.indexOf(' ')) as ChangeKind;
      const parts =
        typeof before === 'string' && typeof after === 'string' && kind === 'code'
          ? changedParts(good.parts.get(before) ?? {}, bad.parts.get(after) ?? {})
          : [];
      gathering.add({ key, kind, name: shownName(key, baseDir), before, after, parts, nodes });
    }
    const [before, after] = [good.resolved.get(node.name), bad.resolved.get(node.name)];
    if (before !== undefined && after !== undefined && before !== after) {
      const name = `what ${node.name} found`;
      gathering.add({ key: `data found by ${node.name}`, kind: 'data', name, before, after, parts: [], nodes });
    }
  }
  return [...gathering.found.values()];
}
