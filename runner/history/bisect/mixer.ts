/**
 * Makes the mixtures of a bisection: pipelines with the params of both runs, and nodes made of what either was made of.
 */
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import type { PipelineGraph } from '../../graph/pipeline-graph.js';
import { selectNodes, withNeeds } from '../../graph/select-nodes.js';
import { resourcesOf } from '../../plan/resource-digests.js';
import type { Checked } from '../../source/diagnostic.js';
import { RequestError } from '../../source/request-error.js';
import type { BisectQuestion } from './bisect-question.js';
import { changesBetween, type Change } from './changes.js';
import { mixRuns, type MixedRuns, type Mixture } from './mixture.js';
import type { RestoreCode } from './restored-code.js';
import { runSide } from './run-side.js';
import { switchesOf, touchedNodes, type Switch } from './switches.js';
import { rewired, rewirings } from './wiring.js';

/** What can be switched, and how a mixture is made of it. */
export interface Mixer {
  readonly switches: readonly Switch[];
  /**
   * The pipeline up to the metric, with these switches as in the bad run and all else as in the good one; or what is wrong
   * with it, which may be valid with either's params alone.
   */
  readonly mix: (switched: readonly string[]) => Promise<Checked<Mixture>>;
}

/** The params of the good run, some of them as in the bad one; of params that it did not have, those of the bad one. */
function mixedParams(good: RunRecord, bad: RunRecord, keys: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(bad.params).map(([name, value]) => [
      name,
      keys.has(`param ${name}`) || !Object.hasOwn(good.params, name) ? value : good.params[name],
    ]),
  );
}

/**
 * Finds what can be switched between two runs.
 *
 * @param load - loads the pipeline file with these params
 * @returns what is wrong with the pipeline when it is invalid with the params of one of the runs
 */
export async function makeMixer(
  { good, bad, node }: Pick<BisectQuestion, 'good' | 'bad' | 'node'>,
  metadata: MetadataStore,
  load: (params: Readonly<Record<string, unknown>>) => Promise<Checked<PipelineGraph>>,
  restore: (baseDir: string) => RestoreCode,
): Promise<Checked<Mixer>> {
  const loaded = async (keys: Iterable<string>): Promise<Checked<PipelineGraph>> =>
    await load(mixedParams(good, bad, new Set(keys)));
  const params = Object.keys(bad.params).map((name) => `param ${name}`);
  const [first, last] = [await loaded([]), await loaded(params)];
  if (!first.ok) return first;
  if (!last.ok) return last;
  const after = last.value;
  if (!after.nodes.some(({ name }) => name === node)) {
    throw new RequestError('unknown-node', `${bad.file} has no node '${node}' any more`, 'bisect as long as it has');
  }
  const sides = { good: runSide(good, first.value, metadata), bad: runSide(bad, after, metadata) };
  const wirings = rewirings(sides);
  const allBad = new Set([...wirings.values()].map(({ key }) => key));
  const [none, all] = [rewired(first.value, new Set(), wirings), rewired(after, allBad, wirings)];
  if (!none.ok) return none;
  if (!all.ok) return all;
  const counted = new Set([none, all].flatMap(({ value: { nodes } }) => [...withNeeds([node], nodes)]));
  const changes = changesBetween(sides, counted);
  const { afresh } = resourcesOf(after.baseDir);
  const runs: MixedRuns = { sides, now: afresh, restore: restore(after.baseDir) };
  const mixGraph = async ({ value }: { value: PipelineGraph }, keys: ReadonlySet<string>): Promise<Mixture> => {
    const { graph } = selectNodes(value, { from: [], to: [node], only: [], exclude: [] });
    return await mixRuns(graph, keys, runs);
  };
  const nodesOf = async ({ kind, key, nodes }: Change): Promise<ReadonlySet<string>> => {
    if (kind !== 'param') return nodes;
    const alone = await loaded([key]);
    // Where it is invalid alone, what it goes into is not known: all of it.
    return alone.ok ? touchedNodes(first.value, alone.value) : counted;
  };
  const keysOf = (switched: readonly Change[]): ReadonlySet<string> => new Set(switched.map(({ key }) => key));
  const ends = { none: await mixGraph(none, new Set()), all: await mixGraph(all, keysOf(changes)) };
  const switches = await switchesOf(changes, ends, nodesOf);
  const mix: Mixer['mix'] = async (switched) => {
    const keys = keysOf(switches.filter(({ name }) => switched.includes(name)).flatMap((each) => each.changes));
    const whole = await loaded(keys);
    const graph = whole.ok ? rewired(whole.value, keys, wirings) : whole;
    return graph.ok ? { ok: true, value: await mixGraph(graph, keys), warnings: [] } : graph;
  };
  return { ok: true, value: { switches, mix }, warnings: [] };
}
