/**
 * `for_each`: one node becomes one instance a value, or one a combination of values where there are several lists.
 */
import type { Problems } from '../source/problems.js';
import { asMapping, checkName } from './fields.js';
import { interpolate, type Scope } from './interpolate.js';
import { describeLocated, plain, type Located, type Placed } from './located.js';
import type { NodeConfig } from './pipeline-config.js';
import type { PipelineParam } from './pipeline-params.js';
import { secretsIn } from './secrets.js';

/** Most instances of one node. */
const MAX_INSTANCES = 20_000;

/** One value that a node is repeated for. */
interface Item {
  /** What the value is called in the instance's name. */
  readonly label: string;
  readonly value: Located;
}

/** The name of a value: its own text where that can stand in a name, else its number from 1. */
function labelOf(value: Located, index: number): string {
  const text = value.kind === 'scalar' ? String(value.value) : '';
  return /^[\w.+-]{1,64}$/u.test(text) ? text : `#${String(index + 1)}`;
}

function readItems(key: string, values: Located, problems: Problems): readonly Item[] | undefined {
  if (values.kind !== 'list') {
    problems.add('wrong-type', `for_each.${key} must be a list, not ${describeLocated(values)}`, values.range, {
      hint: "write a list, or a param that is one: '${params.modes}'",
    });
    return undefined;
  }
  if (values.items.length === 0) {
    problems.add('out-of-range', `for_each.${key} has no value: there would be no instance`, values.range);
    return undefined;
  }
  const seen = new Map<string, Located>();
  const items = values.items.map((value, index) => ({ label: labelOf(value, index), value }));
  for (const { label, value } of items) {
    const twin = seen.get(label.toLowerCase());
    seen.set(label.toLowerCase(), value);
    if (twin === undefined) continue;
    const message = `for_each.${key} has the value ${JSON.stringify(plain(value))} twice, or in two cases`;
    problems.add('not-allowed', message, value.range, {
      related: twin.range.start === value.range.start ? [] : [{ message: 'the other one', range: twin.range }],
    });
    return undefined;
  }
  return items;
}

/** All combinations, the last list changing fastest. */
function combinations(lists: readonly (readonly [string, readonly Item[]])[]): readonly (readonly [string, Item][])[] {
  return lists.reduce<readonly (readonly [string, Item][])[]>(
    (before, [key, items]) =>
      before.flatMap((chosen) => items.map((item) => [...chosen, [key, item] as [string, Item]])),
    [[]],
  );
}

function interpolated(text: Placed<string>, scope: Scope, problems: Problems): Placed<string> | undefined {
  const value = interpolate({ kind: 'scalar', ...text }, scope, problems);
  return value?.kind === 'scalar' ? { value: String(value.value), range: text.range } : undefined;
}

function instance(
  config: NodeConfig,
  chosen: readonly [string, Item][],
  params: ReadonlyMap<string, PipelineParam>,
  problems: Problems,
): NodeConfig {
  const each = new Map(chosen.map(([key, { value }]) => [key, value]));
  const scope: Scope = { params, each, env: new Map(), later: new Map() };
  const texts = (list: readonly Placed<string>[]): readonly Placed<string>[] =>
    list.flatMap((text) => interpolated(text, scope, problems) ?? []);
  const label = chosen.map(([, item]) => item.label).join(',');
  return {
    ...config,
    name: { value: `${config.name.value}[${label}]`, range: config.name.range },
    group: config.name.value,
    each,
    inputs: config.inputs.map((input) => ({ ...input, references: texts(input.references) })),
    after: texts(config.after),
    env: config.env.flatMap(({ entry, value }) => {
      // What comes from outside is taken as it is; secrets are put in when the step starts.
      const isWritten = entry.value.kind === 'scalar' && String(entry.value.value) === value;
      if (!isWritten) return [{ entry, value }];
      const later = new Map([['secrets', secretsIn(value)]]);
      const text = interpolated({ value, range: entry.value.range }, { ...scope, later }, problems);
      return text === undefined ? [] : [{ entry, value: text.value }];
    }),
  };
}

/**
 * The instances of a node: itself where it has no `for_each`. Placeholders in its inputs and in `after` are replaced.
 *
 * @param forEach - the value of `for_each`
 */
export function expandEach(
  config: NodeConfig,
  forEach: Located | undefined,
  params: ReadonlyMap<string, PipelineParam>,
  problems: Problems,
): readonly NodeConfig[] {
  if (forEach === undefined) return [config];
  const mapping = asMapping(forEach, 'for_each', problems);
  if (mapping === undefined) return [];
  if (mapping.entries.length === 0) {
    problems.add('missing-key', 'for_each names no list', mapping.range, { hint: "write 'for_each: {mode: [a, b]}'" });
    return [];
  }
  const scope: Scope = { params, each: new Map(), env: new Map(), later: new Map() };
  const lists = mapping.entries.flatMap((entry) => {
    if (!checkName(entry.key, 'a value of for_each', entry, problems)) return [];
    const values = interpolate(entry.value, scope, problems);
    const items = values && readItems(entry.key, values, problems);
    return items === undefined ? [] : [[entry.key, items] as const];
  });
  if (lists.length < mapping.entries.length) return [];
  const count = lists.reduce((product, [, items]) => product * items.length, 1);
  if (count > MAX_INSTANCES) {
    const most = `${String(MAX_INSTANCES)} instances at most`;
    problems.add('out-of-range', `for_each makes ${String(count)} instances of the node: ${most}`, mapping.range);
    return [];
  }
  return combinations(lists).map((chosen) => instance(config, chosen, params, problems));
}
