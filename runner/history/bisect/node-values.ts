/**
 * The values of a node that stand in the pipeline file, by their path among its ingredients: `params.epochs`, `env.HOME`,
 * `seed`. As texts to be compared, in which files and user code stand for themselves, whatever is in them.
 */
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import type { ParamResource } from '../../../components/params.js';
import type { GraphNode } from '../../graph/pipeline-graph.js';
import type { FingerprintDocument } from '../../plan/fingerprint.js';
import { replaced } from '../../plan/node-fingerprint.js';
import { recordedDigest, valueAt } from './run-side.js';

/** Texts by path. */
export type NodeValues = ReadonlyMap<string, string>;

type Values = Pick<FingerprintDocument, 'params' | 'env' | 'seed'>;

function valuesOf({ params, env, seed }: Values): NodeValues {
  const values = new Map([['seed', canonicalJson(seed)]]);
  for (const [name, value] of Object.entries(params)) values.set(`params.${name}`, canonicalJson(value));
  for (const [name, value] of Object.entries(env)) values.set(`env.${name}`, canonicalJson(value));
  return values;
}

function marked(params: unknown, resources: readonly ParamResource[]): FingerprintDocument['params'] {
  const mark = ({ kind, value }: ParamResource): unknown =>
    kind === 'path' ? {} : { name: value.slice(value.lastIndexOf('#') + 1) };
  return resources.reduce(
    (marking, resource) => replaced(marking, resource.path, mark(resource)),
    params,
  ) as FingerprintDocument['params'];
}

/** Those of a node of a graph. */
export function fileValues(node: GraphNode): NodeValues {
  return valuesOf({ ...node, params: marked(node.params, node.resources) });
}

/** Those on record; `node` says where files and user code stand. */
export function recordedValues(document: FingerprintDocument, { resources }: GraphNode): NodeValues {
  const there = resources.flatMap((resource) => {
    const recorded = valueAt(document.params, resource.path);
    if (recordedDigest(recorded) === undefined) return [];
    // Of user code, the name of the export is recorded.
    const { name } = recorded as { name?: unknown };
    return [{ ...resource, value: `#${String(name)}` }];
  });
  return valuesOf({ ...document, params: marked(document.params, there) });
}
