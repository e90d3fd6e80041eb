/**
 * Conditions: expressions in the Common Expression Language (CEL) over params and over what earlier nodes came to. Parsed
 * and checked here, by a library, never by `eval`; where the facts come from is the planner's business. Beside the
 * `--where` of the command line the only user of the library.
 */
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import type { ArtifactType } from '../../artifacts/types.js';
import { StepError } from '../../components/executor.js';
import { closestName } from '../../components/suggestion.js';
import { suggest } from '../config/fields.js';
import { paramOwner } from '../config/interpolate.js';
import type { Placed } from '../config/located.js';
import type { Problems } from '../source/problems.js';
import type { NodeNames } from './node-names.js';
import { placeText, type SourceRange } from '../source/source-file.js';

/** What an expression may ask about an earlier node. */
export interface NodeFacts {
  readonly metrics: Readonly<Record<string, number>>;
  /** By port. */
  readonly outputs: Readonly<
    Record<string, { readonly properties: Readonly<Record<string, unknown>>; readonly bytes: bigint }>
  >;
}

/** What an expression may ask about. */
export interface Facts {
  readonly params: Readonly<Record<string, unknown>>;
  /** A list for the name that instances share. */
  readonly nodes: Readonly<Record<string, NodeFacts | readonly NodeFacts[]>>;
  /** The values that the node is an instance for. */
  readonly each: Readonly<Record<string, unknown>>;
}

/** An expression that is known to be well formed, and to name only what is there. */
export interface Condition {
  readonly text: string;
  /** Names of the nodes that it asks about; those of a group are its instances. */
  readonly nodes: readonly string[];
  /** Names that it asks about, each with the nodes that it means: several where it is a group. */
  readonly asked: ReadonlyMap<string, { readonly group: boolean; readonly nodes: readonly string[] }>;
  /**
   * Decides by what earlier nodes came to; params and values of `for_each` it knows.
   *
   * @throws StepError `when-failed` when the expression fails, or its value is neither true nor false
   */
  readonly holds: (nodes: Facts['nodes']) => boolean;
}

/** The condition of a node that needs an input of its fragment for which nothing is given: it never holds. */
export function conditionNotGiven(reference: string): Condition {
  return { text: `${reference} is given`, nodes: [], asked: new Map(), holds: () => false };
}

/** What is known where an expression stands. */
export interface KnownNames {
  /** Values by name. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Types of the outputs by port and node. */
  readonly nodes: ReadonlyMap<string, Readonly<Record<string, ArtifactType>>>;
  readonly names: NodeNames;
  readonly each: Readonly<Record<string, unknown>>;
}

/** Longest expression, in characters. */
const MAX_LENGTH = 2000;

/** Deepest nesting of loops over lists: each multiplies the work. */
const MAX_LOOPS = 2;

/** What a condition looks like. */
const EXAMPLE = "write it in CEL: 'nodes.evaluator.metrics.accuracy >= 0.8 && params.deploy'";

/** Functions that walk over a list. */
const LOOPS: readonly string[] = ['all', 'exists', 'exists_one', 'map', 'filter'];

/** Reads expressions. Made once for a pipeline that has some: the library is loaded for those only. */
export interface ConditionReader {
  /** Reads and checks an expression; undefined when something is wrong with it. */
  readonly read: (source: Placed<string>, known: KnownNames, problems: Problems) => Condition | undefined;
}

/** A stretch of an expression as a place in the file; the whole value where the text does not stand there as it is. */
function placeIn({ value, range }: Placed<string>, start: number, end: number): SourceRange {
  const written = range.file.text.slice(range.start, range.end);
  const at = written.indexOf(value);
  if (at < 0) return range;
  const from = Math.min(start, Math.max(0, value.length - 1));
  return { ...range, start: range.start + at + from, end: range.start + at + Math.max(end, from + 1) };
}

/** Parts of a node: a syntax node's operands, whatever form they have. */
function children(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(children);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

/** One step of an access like `nodes.a["b"]`: its name, and where it stands. */
interface Access {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** `nodes.a.metrics.b` as its names from the left; undefined when the node is no such chain. */
function chain(node: ASTNode): readonly Access[] | undefined {
  if (node.op === 'id') return [{ name: node.args, start: node.start, end: node.end }];
  if (node.op === '.') {
    const [owner, name] = node.args;
    return chain(owner)?.concat({ name, start: node.end - name.length, end: node.end });
  }
  if (node.op === '[]') {
    const [owner, key] = node.args;
    if (key.op !== 'value' || typeof key.args !== 'string') return undefined;
    return chain(owner)?.concat({ name: key.args, start: key.start, end: key.end });
  }
  return undefined;
}

/** Finds what is wrong with the names in an expression, and which nodes it asks about. */
class NameCheck {
  readonly asked = new Map<string, { readonly group: boolean; readonly nodes: readonly string[] }>();

  constructor(
    readonly source: Placed<string>,
    readonly known: KnownNames,
    readonly problems: Problems,
  ) {}

  /** @param loops - loops around the node */
  visit(node: ASTNode, loops: number): void {
    const names = node.op === '.' || node.op === '[]' || node.op === 'id' ? chain(node) : undefined;
    if (names !== undefined) {
      this.#checkChain(names);
      return;
    }
    let inside = loops;
    if (node.op === 'rcall') {
      const [name] = node.args;
      if (name === 'matches') {
        this.#add('not-allowed', 'regular expressions are not available here', node, {
          hint: 'use startsWith, endsWith, contains, or ==',
        });
      }
      if (LOOPS.includes(name) && ++inside > MAX_LOOPS) {
        this.#add('not-allowed', `loops are nested more than ${String(MAX_LOOPS)} deep`, node, {});
      }
    } else if (node.op === 'call' && node.args[0] === 'matches') {
      this.#add('not-allowed', 'regular expressions are not available here', node, {});
    }
    for (const child of children(node.args)) this.visit(child, inside);
  }

  #add(
    code: Parameters<Problems['add']>[0],
    message: string,
    { start, end }: { readonly start: number; readonly end: number },
    more: { readonly hint?: string | undefined },
  ): void {
    this.problems.add(code, message, placeIn(this.source, start, end), more);
  }

  #checkChain([root, ...names]: readonly Access[]): void {
    const [first] = names;
    if (root === undefined) return;
    if (first === undefined) {
      if (root.name !== 'nodes') return;
      this.#add('bad-expression', "'nodes' stands for no value by itself", root, {
        hint: 'name one of them: nodes.evaluator.metrics.accuracy',
      });
      return;
    }
    if (root.name === 'params' && !Object.hasOwn(this.known.params, first.name)) {
      const hint = suggest(first.name, Object.keys(this.known.params));
      this.#add('unknown-param', `${paramOwner(this.source.range)} has no param '${first.name}'`, first, { hint });
    }
    if (root.name === 'each' && !Object.hasOwn(this.known.each, first.name)) {
      const hint = suggest(first.name, Object.keys(this.known.each)) ?? 'only nodes with for_each have such values';
      this.#add('unknown-key', `for_each has no value '${first.name}'`, first, { hint });
    }
    if (root.name === 'nodes') this.#checkNode(first, names.slice(1));
  }

  #checkNode(node: Access, [about, what, kind, property]: readonly Access[]): void {
    const { names } = this.known;
    const meant = names.meaning(node.name);
    if (meant === undefined) {
      this.#add('unknown-node', `there is no node '${node.name}'`, node, { hint: names.suggest(node.name) });
      return;
    }
    const group = names.isGroup(node.name);
    this.asked.set(node.name, { group, nodes: meant });
    const outputs = this.known.nodes.get(meant[0] ?? '');
    // One whose component is unknown was reported there.
    if (about === undefined || outputs === undefined) return;
    if (group) {
      this.#add('wrong-type', `'${node.name}' has ${String(meant.length)} instances: it is a list here`, about, {
        hint: `ask all of them: nodes.${node.name}.all(n, n.${about.name} …), or one: nodes["${String(meant[0])}"].${about.name}`,
      });
      return;
    }
    if (about.name !== 'metrics' && about.name !== 'outputs') {
      const hint = suggest(about.name, ['metrics', 'outputs']);
      this.#add('unknown-key', `a node has metrics and outputs, no '${about.name}'`, about, { hint });
      return;
    }
    if (about.name === 'metrics' || what === undefined) return;
    const type = Object.hasOwn(outputs, what.name) ? outputs[what.name] : undefined;
    if (type === undefined) {
      const hint = suggest(what.name, Object.keys(outputs));
      this.#add('unknown-output', `node '${node.name}' has no output '${what.name}'`, what, { hint });
      return;
    }
    if (kind !== undefined && kind.name !== 'properties' && kind.name !== 'bytes') {
      const hint = suggest(kind.name, ['properties', 'bytes']);
      this.#add('unknown-key', `an output has properties and bytes, no '${kind.name}'`, kind, { hint });
    }
    // A component may record properties beyond those of the type: only what looks like a slip is one.
    const declared = Object.keys(type.properties);
    if (kind?.name !== 'properties' || property === undefined || declared.includes(property.name)) return;
    const closest = closestName(property.name, declared);
    if (closest === undefined) return;
    const hint = `did you mean '${closest}'?`;
    this.#add('unknown-key', `an artifact of type ${type.name} has no property '${property.name}'`, property, { hint });
  }
}

interface LibraryError {
  readonly summary: string;
  readonly code: string;
  readonly range: { readonly start: number; readonly end: number };
}

/** What the library says of an error, or undefined when it is another one. */
function libraryError(error: unknown): LibraryError | undefined {
  if (typeof error !== 'object' || error === null || !('summary' in error) || !('code' in error)) return undefined;
  const { summary, code } = error;
  const range = 'range' in error && error.range !== undefined ? (error.range as LibraryError['range']) : undefined;
  return { summary: String(summary), code: String(code), range: range ?? { start: 0, end: Infinity } };
}

/** Names that an expression could have meant where it named one that is not there. */
function namesAt(path: readonly Access[], facts: Facts): readonly string[] {
  let value: unknown = facts;
  for (const { name } of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** The chain that ends at a place of the expression, without its last name. */
function ownerAt(node: ASTNode, end: number): readonly Access[] | undefined {
  const names = chain(node);
  const index = names?.findIndex((name) => name.end === end) ?? -1;
  if (names !== undefined && index > 0) return names.slice(0, index);
  for (const child of children(node.args)) {
    const found = ownerAt(child, end);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Why an expression failed, as an error of its step. */
function failure(error: unknown, source: Placed<string>, ast: ASTNode, facts: Facts): StepError {
  const told = libraryError(error);
  if (told === undefined) throw error;
  const place = placeText(placeIn(source, told.range.start, told.range.start + 1));
  const owner = told.code === 'no_such_key' ? ownerAt(ast, told.range.end) : undefined;
  const missing = source.value.slice(told.range.start, told.range.end);
  const hint = owner && suggest(missing, namesAt(owner, facts));
  return new StepError('when-failed', `its condition '${source.value}' (${place}) failed: ${told.summary}`, hint);
}

function readCondition(
  source: Placed<string>,
  known: KnownNames,
  problems: Problems,
  environment: Environment,
): Condition | undefined {
  const report = (error: unknown): undefined => {
    const told = libraryError(error);
    if (told === undefined) throw error;
    const unknown = told.code === 'unknown_variable' ? source.value.slice(told.range.start, told.range.end) : undefined;
    const limit = told.code.includes('limit') || told.summary.startsWith('Exceeded');
    problems.add(
      limit ? 'out-of-range' : 'bad-expression',
      `the condition cannot be read: ${told.summary}`,
      placeIn(source, told.range.start, Math.min(told.range.end, source.value.length)),
      { hint: unknown !== undefined ? suggest(unknown, ['nodes', 'params', 'each']) : limit ? undefined : EXAMPLE },
    );
    return undefined;
  };
  if (source.value.length > MAX_LENGTH) {
    problems.add('out-of-range', `a condition has at most ${String(MAX_LENGTH)} characters`, source.range);
    return undefined;
  }
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(source.value);
  } catch (error) {
    report(error);
    return;
  }
  const { ast } = parsed;
  const names = new NameCheck(source, known, problems);
  names.visit(ast, 0);
  const checked = parsed.check();
  if (!checked.valid) {
    report(checked.error);
    return;
  }
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    problems.add('wrong-type', `a condition is true or false, this is of type ${String(checked.type)}`, source.range);
    return undefined;
  }
  return {
    text: source.value,
    nodes: [...new Set([...names.asked.values()].flatMap((asked) => asked.nodes))],
    asked: names.asked,
    holds: (nodes) => {
      const plain = (values: Readonly<Record<string, unknown>>): Facts['params'] => celValue(values) as Facts['params'];
      const facts: Facts = { nodes, params: plain(known.params), each: plain(known.each) };
      let value: unknown;
      try {
        value = parsed({ ...facts });
      } catch (error) {
        throw failure(error, source, ast, facts);
      }
      if (typeof value === 'boolean') return value;
      throw new StepError(
        'when-failed',
        `its condition '${source.value}' (${placeText(source.range)}) is neither true nor false`,
        'compare with something: ==, >=, …',
      );
    },
  };
}

/** Loads the library and makes a reader. */
export async function conditionReader(): Promise<ConditionReader> {
  const { Environment } = await import('@marcbachmann/cel-js');
  const environment = new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } })
    .registerVariable('nodes', 'map')
    .registerVariable('params', 'map')
    .registerVariable('each', 'map');
  return { read: (source, known, problems) => readCondition(source, known, problems, environment) };
}

/** Whole numbers of plain data as CEL's integers: it keeps them apart from other numbers. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}
