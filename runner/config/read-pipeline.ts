/**
 * From a located document to a pipeline config: every key known, every value of its kind.
 */
import type { Problems } from '../source/problems.js';
import type { SourceRange } from '../source/source-file.js';
import { DEFAULT_DEMAND, readDemand, type PlacedDemand } from './demand.js';
import { expandEach } from './expand-each.js';
import { asBoolean, asDuration, asInteger, asMapping, asText, asTexts, checkName, knownEntries } from './fields.js';
import { readHooks } from './hooks.js';
import { readFragmentInputs } from './fragment-inputs.js';
import { interpolate } from './interpolate.js';
import type { Located, LocatedEntry, LocatedMapping, Placed } from './located.js';
import { INPUTS, type NameScope } from './name-scope.js';
import type { NodeConfig, PipelineConfig } from './pipeline-config.js';
import { readEnv } from './read-env.js';
import type { Fragment } from './read-fragments.js';
import { readSecrets } from './secrets.js';
import { resolveParams } from './pipeline-params.js';

const PIPELINE_KEYS = [
  'version',
  'name',
  'description',
  'params',
  'secrets',
  'defaults',
  'on_success',
  'on_failure',
  'include',
  'nodes',
];
const FRAGMENT_KEYS = ['description', 'params', 'inputs', 'include', 'nodes'];
const DEFAULT_KEYS = ['retries', 'timeout', 'resources', 'cache', 'seed'];
const NODE_KEYS = [
  'component',
  'inputs',
  'outputs',
  'params',
  'after',
  'when',
  'for_each',
  'retries',
  'timeout',
  'resources',
  'cache',
  'seed',
  'env',
  'description',
];

/** Seed of a node when neither it nor the pipeline sets one. */
export const DEFAULT_SEED = 42;

/** First pause before a retry, in milliseconds, where the pipeline sets none. */
const RETRY_PAUSE_MS = 1000;

interface Settings {
  readonly retries: number;
  readonly retryPauseMs: number;
  readonly timeoutMs: number | undefined;
  readonly cache: boolean;
  readonly seed: number;
  readonly demand: PlacedDemand;
}

/** `retries: 3`, or how often and after which first pause: `retries: {times: 3, pause: 5s}`. */
function readRetries(value: Located, base: Settings, problems: Problems): Pick<Settings, 'retries' | 'retryPauseMs'> {
  if (value.kind !== 'mapping') {
    const retries = asInteger(value, 'retries', [0, 100], problems) ?? base.retries;
    return { retries, retryPauseMs: base.retryPauseMs };
  }
  const keys = knownEntries(value, ['times', 'pause'], 'retries', problems);
  const times = keys.get('times');
  const pause = keys.get('pause');
  if (times === undefined) {
    problems.add('missing-key', 'retries does not say how often', value.range, { hint: "add 'times: …'" });
  }
  return {
    retries: (times && asInteger(times.value, 'retries.times', [0, 100], problems)) ?? base.retries,
    retryPauseMs: (pause && asDuration(pause.value, 'retries.pause', problems)) ?? base.retryPauseMs,
  };
}

function readSettings(keys: ReadonlyMap<string, LocatedEntry>, base: Settings, problems: Problems): Settings {
  const retries = keys.get('retries');
  const timeout = keys.get('timeout');
  const cache = keys.get('cache');
  const seed = keys.get('seed');
  const resources = keys.get('resources');
  return {
    ...(retries === undefined ? base : readRetries(retries.value, base, problems)),
    timeoutMs: (timeout && asDuration(timeout.value, 'timeout', problems)) ?? base.timeoutMs,
    cache: (cache && asBoolean(cache.value, 'cache', problems)) ?? base.cache,
    seed: (seed && asInteger(seed.value, 'seed', [0, 2 ** 31 - 1], problems)) ?? base.seed,
    demand: resources === undefined ? base.demand : readDemand(resources.value, base.demand, problems),
  };
}

/** A condition: an expression as text, or a plain true or false. */
function readCondition(value: Located, problems: Problems): Placed<string> | undefined {
  const isFlag = value.kind === 'scalar' && typeof value.value === 'boolean';
  const text = isFlag ? String(value.value) : asText(value, 'when', problems);
  return text === undefined ? undefined : { value: text, range: value.range };
}

function readNode(
  { key, keyRange, value }: LocatedEntry,
  defaults: Settings,
  env: Readonly<Record<string, string | undefined>>,
  scope: NameScope,
  problems: Problems,
): readonly NodeConfig[] {
  const mapping = asMapping(value, `node '${key}'`, problems);
  if (mapping === undefined) return [];
  const keys = knownEntries(mapping, NODE_KEYS, 'a node', problems);
  const component = keys.get('component');
  if (component === undefined) {
    problems.add('missing-key', `node '${key}' has no component`, keyRange, { hint: "add 'component: …'" });
    return [];
  }
  const name = asText(component.value, 'component', problems);
  if (name === undefined) return [];
  const ports = (section: string): readonly LocatedEntry[] => {
    const entry = keys.get(section);
    const found = entry && asMapping(entry.value, section, problems);
    return (found?.entries ?? []).filter((port) => checkName(port.key, `one of the ${section}`, port, problems));
  };
  const settings = readSettings(keys, defaults, problems);
  const nodeParams = keys.get('params')?.value;
  const after = keys.get('after');
  const environment = keys.get('env');
  const when = keys.get('when');
  const description = keys.get('description');
  const config: NodeConfig = {
    name: { value: `${scope.prefix}${key}`, range: keyRange },
    scope,
    group: undefined,
    each: new Map(),
    component: { value: name, range: component.value.range },
    description: description && asText(description.value, 'description', problems),
    inputs: ports('inputs').map((port) => ({
      port: { value: port.key, range: port.keyRange },
      references: asTexts(port.value, 'an input', problems),
      list: port.value.kind === 'list',
    })),
    outputs: ports('outputs').flatMap((port) => {
      const type = asText(port.value, 'the type of an output', problems);
      return type === undefined
        ? []
        : [{ port: { value: port.key, range: port.keyRange }, type: { value: type, range: port.value.range } }];
    }),
    params:
      nodeParams === undefined || (nodeParams.kind === 'scalar' && nodeParams.value === null)
        ? undefined
        : asMapping(nodeParams, 'params', problems),
    after: after === undefined ? [] : asTexts(after.value, 'after', problems),
    when: when && readCondition(when.value, problems),
    env: environment === undefined ? [] : readEnv(environment.value, env, problems),
    retries: settings.retries,
    retryPauseMs: settings.retryPauseMs,
    timeoutMs: settings.timeoutMs,
    cache: settings.cache,
    seed: { value: settings.seed, range: keys.get('seed')?.value.range ?? keyRange },
    demand: settings.demand,
  };
  return expandEach(config, keys.get('for_each')?.value, scope.params, problems);
}

/** The nodes of a pipeline, gathered from its file and its fragments. */
class NodeReader {
  readonly nodes: NodeConfig[] = [];
  readonly scopes: NameScope[] = [];
  readonly #defaults: Settings;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #problems: Problems;
  /** By their names without regard to case. */
  readonly #known = new Map<string, Placed<string>>();

  constructor(defaults: Settings, env: Readonly<Record<string, string | undefined>>, problems: Problems) {
    this.#defaults = defaults;
    this.#env = env;
    this.#problems = problems;
  }

  /** Reads the nodes of a file, then those of the fragments that it includes. */
  read(section: LocatedMapping | undefined, fragments: readonly Fragment[], scope: NameScope): void {
    this.scopes.push(scope);
    for (const entry of section?.entries ?? []) {
      if (!this.#isNew(entry, scope)) continue;
      // Not spread: there may be many.
      for (const node of readNode(entry, this.#defaults, this.#env, scope, this.#problems)) this.nodes.push(node);
    }
    for (const fragment of fragments) this.#readFragment(fragment, scope);
  }

  #isNew(entry: LocatedEntry, scope: NameScope): boolean {
    const name = { value: `${scope.prefix}${entry.key}`, range: entry.keyRange };
    if (!checkName(name.value, 'a node', entry, this.#problems)) return false;
    if (scope.outer !== undefined && entry.key === INPUTS) {
      const message = `a node of a fragment cannot be called '${INPUTS}': '${INPUTS}.x' is what it is given`;
      this.#problems.add('bad-name', message, entry.keyRange);
      return false;
    }
    const folded = name.value.toLowerCase();
    const twin = this.#known.get(folded);
    if (twin === undefined) {
      this.#known.set(folded, name);
      return true;
    }
    const message =
      twin.value === name.value
        ? `there are two nodes '${name.value}'`
        : `the nodes '${twin.value}' and '${name.value}' differ by case only`;
    this.#problems.add('bad-name', message, entry.keyRange, {
      related: [{ message: 'the other one', range: twin.range }],
    });
    return false;
  }

  #readFragment({ as, file, params: given, inputs, root, fragments }: Fragment, outer: NameScope): void {
    const problems = this.#problems;
    const keys = knownEntries(root, FRAGMENT_KEYS, 'a fragment', problems);
    const outside = { params: outer.params, env: new Map(), each: new Map(), later: new Map() };
    const overrides = given.flatMap((entry) => {
      const value = interpolate(entry.value, outside, problems);
      return value === undefined ? [] : [{ ...entry, value }];
    });
    const params = resolveParams(keys.get('params')?.value, overrides, problems, {
      name: `the fragment ${file.value}`,
      giving: (param) => `give one where it is included: 'params: {${param}: …}', or add a default`,
    });
    const nodes = keys.get('nodes');
    const section = nodes && asMapping(nodes.value, 'nodes', problems);
    if (!keys.has('include') && (nodes === undefined || section?.entries.length === 0)) {
      const range = { ...root.range, end: Math.min(root.range.end, root.range.start + 1) };
      problems.add('missing-key', `the fragment ${file.value} has no nodes`, nodes?.keyRange ?? range);
    }
    const declared = readFragmentInputs(keys.get('inputs')?.value, inputs, { as, file }, problems);
    this.read(section, fragments, { prefix: `${outer.prefix}${as.value}_`, params, inputs: declared, outer });
  }
}

/**
 * Reads a pipeline.
 *
 * @param fragments - what it includes
 * @param overrides - values of params from outside, later ones first
 * @param env - the environment that declared variables are taken from
 */
export function readPipeline(
  root: Located,
  fragments: readonly Fragment[],
  overrides: readonly LocatedEntry[],
  env: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): PipelineConfig | undefined {
  const mapping = asMapping(root, 'a pipeline', problems);
  if (mapping === undefined) return undefined;
  const keys = knownEntries(mapping, PIPELINE_KEYS, 'a pipeline', problems);
  const start: SourceRange = { ...mapping.range, end: Math.min(mapping.range.end, mapping.range.start + 1) };

  const version = keys.get('version');
  if (version === undefined) {
    const isFragment = !keys.has('name') && (keys.has('nodes') || keys.has('include'));
    const hint = `begin the file with 'version: 1'${isFragment ? '; a fragment has none: run a pipeline that includes it' : ''}`;
    problems.add('missing-key', 'the pipeline has no version', start, { hint });
  } else asInteger(version.value, 'version', [1, 1], problems);

  const nameEntry = keys.get('name');
  let name = '';
  if (nameEntry === undefined)
    problems.add('missing-key', 'the pipeline has no name', start, { hint: "add 'name: …'" });
  else {
    name = asText(nameEntry.value, 'name', problems) ?? '';
    if (name !== '') checkName(name, 'a pipeline', { ...nameEntry, keyRange: nameEntry.value.range }, problems);
  }

  const params = resolveParams(keys.get('params')?.value, overrides, problems);
  const secretsEntry = keys.get('secrets');
  const secrets = readSecrets(
    secretsEntry === undefined ? [] : asTexts(secretsEntry.value, 'an entry of secrets', problems),
    env,
    problems,
  );
  const hooks = (key: 'on_success' | 'on_failure'): PipelineConfig['onSuccess'] => {
    const entry = keys.get(key);
    return entry === undefined ? [] : readHooks(key, entry.value, { params, secrets, env }, problems);
  };
  const onSuccess = hooks('on_success');
  const onFailure = hooks('on_failure');
  const base: Settings = {
    retries: 0,
    retryPauseMs: RETRY_PAUSE_MS,
    timeoutMs: undefined,
    cache: true,
    seed: DEFAULT_SEED,
    demand: { amounts: DEFAULT_DEMAND, places: {} },
  };
  const defaultsEntry = keys.get('defaults');
  const defaultsMapping = defaultsEntry && asMapping(defaultsEntry.value, 'defaults', problems);
  const defaults = defaultsMapping
    ? readSettings(knownEntries(defaultsMapping, DEFAULT_KEYS, 'defaults', problems), base, problems)
    : base;

  const nodesEntry = keys.get('nodes');
  const nodesMapping = nodesEntry && asMapping(nodesEntry.value, 'nodes', problems);
  if ((nodesEntry === undefined && !keys.has('include')) || nodesMapping?.entries.length === 0) {
    problems.add('missing-key', 'the pipeline has no nodes', nodesEntry?.keyRange ?? start, {
      hint: "add 'nodes:' with at least one node",
    });
  }
  const reader = new NodeReader(defaults, env, problems);
  reader.read(nodesMapping, fragments, { prefix: '', params, inputs: new Map(), outer: undefined });
  return { name, params, secrets, onSuccess, onFailure, nodes: reader.nodes, scopes: reader.scopes };
}
