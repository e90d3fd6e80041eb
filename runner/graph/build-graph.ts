/**
 * From a pipeline config to a graph: components found, params checked, references followed, order fixed. Reports all
 * that is wrong; builds a graph only when nothing is.
 */
import { Graph } from '@dagrejs/graphlib';
import { artifactTypes, type ArtifactType } from '../../artifacts/types.js';
import type { ComponentSpec, InputPort } from '../../components/component-spec.js';
import { checkParams, type ParamPath, type ParamProblem, type ParamResource } from '../../components/params.js';
import type { FindComponent } from '../../components/registry.js';
import { closestName } from '../../components/suggestion.js';
import { asMapping, suggest } from '../config/fields.js';
import { interpolate } from '../config/interpolate.js';
import { plain, rangeAt, type LocatedMapping } from '../config/located.js';
import type { NameScope } from '../config/name-scope.js';
import type { NodeConfig, PipelineConfig } from '../config/pipeline-config.js';
import { checkSecretsIn } from '../config/secrets.js';
import type { DiagnosticCode } from '../source/diagnostic-codes.js';
import type { Problems } from '../source/problems.js';
import { checkSplits } from './check-splits.js';
import { conditionNotGiven, conditionReader } from './condition.js';
import { findCycle } from './find-cycle.js';
import { ConfigPlaces } from './node-places.js';
import { needsOf, type GraphNode, type OutputReference, type PipelineGraph } from './pipeline-graph.js';
import { References, type ResolvedNode } from './references.js';

/** Most edges of a graph: instances that all gather each other would fill the memory. */
const MAX_EDGES = 1_000_000;

function declaredOutputs(
  config: NodeConfig,
  spec: ComponentSpec,
  problems: Problems,
): Readonly<Record<string, ArtifactType>> {
  const outputs: Record<string, ArtifactType> = {};
  for (const [port, { type }] of Object.entries(spec.outputs)) outputs[port] = type;
  for (const { port, type } of config.outputs) {
    if (spec.ports === 'fixed') {
      problems.add('unknown-key', `${spec.name} declares its outputs itself`, port.range, { hint: "remove 'outputs'" });
      continue;
    }
    const known = artifactTypes.get(type.value);
    if (known === undefined) {
      problems.add('not-allowed', `there is no artifact type '${type.value}'`, type.range, {
        hint: suggest(type.value, [...artifactTypes.keys()]),
      });
    } else outputs[port.value] = known;
  }
  return outputs;
}

function checkNodeParams(
  { config, spec, outputs }: ResolvedNode,
  problems: Problems,
): {
  readonly values: Readonly<Record<string, unknown>>;
  readonly resources: readonly ParamResource[];
  readonly immaterial: readonly ParamPath[];
  readonly located: LocatedMapping | undefined;
} {
  const later = new Map<string, readonly string[]>();
  if (spec.ports === 'declared') {
    later.set(
      'inputs',
      config.inputs.map(({ port }) => port.value),
    );
    later.set(
      'outputs',
      config.outputs.map(({ port }) => port.value),
    );
  }
  const env = new Map(config.env.map(({ entry, value }) => [entry.key, value]));
  const resources: ParamResource[] = [];
  const immaterial: ParamPath[] = [];
  const scope = { params: config.scope.params, env, each: config.each, later };
  const replaced = config.params && interpolate(config.params, scope, problems);
  if (config.params !== undefined && replaced === undefined)
    return { values: {}, resources, immaterial, located: undefined };
  const located = replaced && asMapping(replaced, 'params', problems);
  const report = ({ code, path, atKey, message, hint }: ParamProblem): void => {
    const range = located ? rangeAt(located, path, atKey) : config.name.range;
    const where = path.length === 0 ? config.name.range : range;
    const known: DiagnosticCode = code;
    problems.add(
      known,
      `params${path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('')}: ${message}`,
      where,
      { hint },
    );
  };
  const values = checkParams(
    spec.params,
    located === undefined ? {} : (plain(located) as Record<string, unknown>),
    [],
    {
      problem: report,
      resource: (resource) => resources.push(resource),
      immaterial: (path) => immaterial.push(path),
    },
  );
  if (values !== undefined) {
    spec.check(values, new Set(config.inputs.map(({ port }) => port.value)), outputs).forEach(report);
  }
  return { values: values ?? {}, resources, immaterial, located };
}

/** What comes into a node. */
interface NodeInputs {
  /** By port. */
  readonly inputs: Readonly<Record<string, readonly OutputReference[]>>;
  /** An input of its fragment that it cannot do without, and for which nothing is given. */
  readonly notGiven: string | undefined;
}

function checkInputs(node: ResolvedNode, references: References, problems: Problems): NodeInputs {
  const { config, spec } = node;
  const inputs: Record<string, readonly OutputReference[]> = {};
  let notGiven: string | undefined;
  for (const { port, references: written, list } of config.inputs) {
    const declared: InputPort | undefined = Object.hasOwn(spec.inputs, port.value)
      ? spec.inputs[port.value]
      : undefined;
    if (declared === undefined && spec.ports !== 'declared') {
      problems.add('unknown-input', `${spec.name} has no input '${port.value}'`, port.range, {
        hint: suggest(port.value, Object.keys(spec.inputs)),
      });
      continue;
    }
    if (list && declared?.list === false) {
      problems.add('wrong-type', `the input '${port.value}' takes one artifact, not a list`, port.range);
      continue;
    }
    if (list && written.length === 0 && declared?.optional !== true) {
      problems.add('missing-input', `the input '${port.value}' names no output`, port.range, {
        hint: `write 'inputs: {${port.value}: node.output}', or remove it`,
      });
      continue;
    }
    let isWrong = false;
    const outputs = written.flatMap((reference) => {
      const found = references.follow(reference, config.scope, node);
      isWrong ||= found === undefined;
      if (found === undefined) return [];
      const { outputs, type, made, several } = found;
      if (declared?.list === false && several !== undefined) {
        const message = `${several}, but the input '${port.value}' takes one artifact`;
        const [first] = outputs;
        problems.add('wrong-type', message, reference.range, {
          hint: first === undefined ? undefined : `name one of them, as in '${first.node}.${first.output}'`,
        });
      }
      if (declared !== undefined && declared.type.name !== type.name) {
        problems.add(
          'artifact-type',
          `the input '${port.value}' of ${spec.name} takes ${declared.type.name}, but ${reference.value} is ${type.name}`,
          reference.range,
          { related: [made] },
        );
      }
      return outputs;
    });
    const isGiven = outputs.length > 0 || isWrong;
    if (isGiven) inputs[port.value] = outputs;
    else if (declared?.optional !== true) notGiven ??= written[0]?.value;
  }
  const given = config.inputs.map(({ port }) => port.value);
  for (const [port, { optional, type }] of Object.entries(spec.inputs)) {
    if (optional || given.includes(port)) continue;
    const isMisspelt = given.some((name) => closestName(name, Object.keys(spec.inputs)) === port);
    if (isMisspelt) continue;
    problems.add('missing-input', `${spec.name} needs the input '${port}' (${type.name})`, config.name.range, {
      hint: `add 'inputs: {${port}: node.output}'`,
    });
  }
  return { inputs, notGiven };
}

function plainParams({ params }: Pick<NameScope, 'params'>): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...params].map(([name, { value }]) => [name, value === undefined ? null : plain(value)]));
}

/**
 * All nodes in an order in which each comes after those it needs, file order among equals. The nodes form no cycle. Walks
 * with a stack of its own: graphlib's `topsort` recurses, which a chain of some thousand nodes exhausts.
 */
export function inOrder(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const graph = new Graph();
  for (const { name } of nodes) graph.setNode(name);
  for (const node of nodes) for (const need of needsOf(node)) graph.setEdge(need, node.name);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const placed = new Set<GraphNode>();
  for (const node of nodes) {
    const open = [{ node, needs: graph.predecessors(node.name)?.values() }];
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const need = placed.has(last.node) ? undefined : last.needs?.next().value;
      const needed = need === undefined ? undefined : byName.get(need);
      if (needed !== undefined) open.push({ node: needed, needs: graph.predecessors(needed.name)?.values() });
      else placed.add((open.pop() ?? last).node);
    }
  }
  return [...placed];
}

/**
 * Builds the graph of a pipeline.
 *
 * @param at - the file as it was given, and the absolute folder that its relative paths start from
 * @returns undefined when anything is wrong; `problems` then says what
 */
export async function buildGraph(
  pipeline: PipelineConfig,
  at: { readonly file: string; readonly baseDir: string },
  resolveComponent: FindComponent,
  problems: Problems,
): Promise<PipelineGraph | undefined> {
  const resolved = new Map<string, ResolvedNode>();
  for (const config of pipeline.nodes) {
    const component = await resolveComponent(config.component.value);
    if (!component.found) {
      problems.add(component.code, component.message, config.component.range, { hint: component.hint });
      continue;
    }
    const { spec, source } = component;
    resolved.set(config.name.value, { config, spec, source, outputs: declaredOutputs(config, spec, problems) });
  }
  const conditions = pipeline.nodes.some(({ when }) => when !== undefined) ? await conditionReader() : undefined;
  const references = new References(pipeline.nodes, resolved, problems);
  for (const scope of pipeline.scopes) references.checkInputs(scope);
  const outputsOf = new Map([...resolved].map(([name, { outputs }]) => [name, outputs]));
  const paramsOf = new Map(pipeline.scopes.map((scope) => [scope, plainParams(scope)]));
  const declaredSecrets = new Set(pipeline.secrets.keys());
  const nodes: GraphNode[] = [];
  let edges = 0;
  for (const node of resolved.values()) {
    const { config, spec, source, outputs } = node;
    const { values, resources, immaterial, located } = checkNodeParams(node, problems);
    const { inputs, notGiven } = checkInputs(node, references, problems);
    const names = references.names(config.scope);
    for (const { value, range } of config.after) {
      if (names.meaning(value) !== undefined) continue;
      problems.add('unknown-node', `there is no node '${value}'`, range, { hint: names.suggest(value) });
    }
    const after = config.after.flatMap(({ value }) => names.meaning(value) ?? []);
    const each = Object.fromEntries([...config.each].map(([key, value]) => [key, plain(value)]));
    edges += Object.values(inputs).reduce((sum, list) => sum + list.length, after.length);
    if (edges > MAX_EDGES) {
      const message = `the nodes need each other in more than ${String(MAX_EDGES)} ways`;
      problems.add('out-of-range', message, config.name.range, { hint: 'gather in steps, or have fewer instances' });
      return undefined;
    }
    for (const { entry, value } of config.env) {
      checkSecretsIn({ value, range: entry.value.range }, declaredSecrets, problems);
    }
    const when =
      config.when &&
      conditions?.read(
        config.when,
        { params: paramsOf.get(config.scope) ?? {}, nodes: outputsOf, names, each },
        problems,
      );
    nodes.push({
      name: config.name.value,
      group: config.group,
      each,
      description: config.description,
      source,
      spec,
      outputs,
      inputs,
      resources,
      immaterial,
      params: values,
      after,
      when: notGiven === undefined ? when : conditionNotGiven(notGiven),
      retries: config.retries,
      retryPauseMs: config.retryPauseMs,
      timeoutMs: config.timeoutMs,
      cache: config.cache,
      seed: config.seed.value,
      demand: config.demand.amounts,
      env: Object.fromEntries(config.env.map(({ entry, value }) => [entry.key, value])),
      places: new ConfigPlaces(config, located),
    });
  }
  const conditionOf = new Map(nodes.map(({ name, when }) => [name, when]));
  const cycle = findCycle(
    pipeline.nodes.map(({ name, scope, inputs, after, when }) => ({
      name: name.value,
      edges: [
        ...inputs
          .flatMap((input) => input.references)
          .flatMap(({ value, range }) => references.nodesOf(value, scope).map((to) => ({ to, range }))),
        ...after.flatMap(({ value, range }) =>
          (references.names(scope).meaning(value) ?? []).map((to) => ({ to, range })),
        ),
        ...(conditionOf.get(name.value)?.nodes ?? []).map((to) => ({ to, range: when?.range ?? name.range })),
      ],
    })),
  );
  if (cycle !== undefined) {
    const path = [...cycle.map(({ from }) => from), cycle[0]?.from ?? ''];
    problems.add('cycle', `these nodes wait for each other: ${path.join(' ← ')}`, cycle[0]?.range, {
      related: cycle.slice(1).map(({ from, to, range }) => ({ message: `'${from}' needs '${to}'`, range })),
    });
  }
  if (!problems.any) checkSplits(nodes, problems);
  if (problems.any) return undefined;
  return {
    name: pipeline.name,
    ...at,
    params: plainParams(pipeline),
    secrets: pipeline.secrets,
    onSuccess: pipeline.onSuccess,
    onFailure: pipeline.onFailure,
    nodes: inOrder(nodes),
  };
}
