/**
 * Gathers the ingredients of a node's outcome into its fingerprint document, with the place of each in the pipeline file.
 */
import type { Digest } from '../../artifacts/store/artifact-store.js';
import type { FingerprintRecord } from '../../artifacts/metadata/metadata-store.js';
import { StepError } from '../../components/executor.js';
import type { ParamPath } from '../../components/params.js';
import type { BackendIdentity } from '../../components/tensorflow/backend-identity.js';
import type { GraphNode } from '../graph/pipeline-graph.js';
import { placeText } from '../source/source-file.js';
import { argumentsThatMayBeFiles } from './argument-files.js';
import {
  FINGERPRINT_VERSION,
  fingerprintRecord,
  type FingerprintDocument,
  type IngredientCode,
} from './fingerprint.js';
import type { ResourceDigests } from './resource-digests.js';

/** Where ingredients come from that the node itself does not hold. */
export interface Ingredients {
  readonly baseDir: string;
  readonly resources: ResourceDigests;
  readonly backend: () => Pick<BackendIdentity, 'version'> & { readonly name: string };
}

/** A copy of plain data with the value at a path replaced. */
export function replaced(value: unknown, path: ParamPath, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest, by) : item));
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, item]) => [
      name,
      name === key ? replaced(item, rest, by) : item,
    ]),
  );
}

/** A copy of plain data without the value at a path. */
function without(value: unknown, [key, ...rest]: ParamPath): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key && rest.length > 0 ? without(item, rest) : item));
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).flatMap(([name, item]) =>
      name !== key ? [[name, item]] : rest.length > 0 ? [[name, without(item, rest)]] : [],
    ),
  );
}

/** Says of what a param names, and cannot be read, where the param stands. */
async function atPlace<T>(node: GraphNode, path: ParamPath, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    throw new StepError(error.code, `${placeText(node.places.param(path))}: ${error.message}`, error.hint);
  }
}

async function paramIngredients(
  node: GraphNode,
  resources: ResourceDigests,
): Promise<Readonly<Record<string, unknown>>> {
  let params: unknown = node.params;
  for (const { kind, path, value } of node.resources) {
    const ingredient =
      kind === 'path'
        ? { content: await atPlace(node, path, resources.path(value)) }
        : { module: await atPlace(node, path, resources.module(value)), name: value.slice(value.lastIndexOf('#') + 1) };
    params = replaced(params, path, ingredient);
  }
  for (const path of node.immaterial) params = without(params, path);
  return params as Readonly<Record<string, unknown>>;
}

/** The declarations of the user code that a node needs, by the ingredient's path. */
async function codeIngredients(node: GraphNode, { resources }: Ingredients): Promise<IngredientCode> {
  const modules = node.resources.filter(({ kind }) => kind === 'module');
  const code = await Promise.all(
    modules.map(async ({ path, value }) => [`params.${path.join('.')}.module`, await resources.parts(value)] as const),
  );
  const own = await resources.componentParts(node.source);
  return Object.fromEntries(own === undefined ? code : [['component.code', own], ...code]);
}

/** Digests of the files that a Command names among its arguments. */
async function fileDigests(node: GraphNode, { resources }: Ingredients): Promise<Record<string, Digest>> {
  const names = argumentsThatMayBeFiles(node).filter(resources.isFile);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await resources.path(name)] as const)));
}

/** Places of the document's leaves by path, as `file:line:column`. */
function places(node: GraphNode, document: FingerprintDocument): Readonly<Record<string, string>> {
  const found: Record<string, string> = {
    'component.name': placeText(node.places.component),
    'component.code': placeText(node.places.component),
    seed: placeText(node.places.seed),
  };
  const visit = (value: unknown, path: ParamPath, shown: string): void => {
    if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
      const isList = Array.isArray(value);
      for (const [key, item] of Object.entries(value))
        visit(item, [...path, isList ? Number(key) : key], `${shown}.${key}`);
    } else found[shown] = placeText(node.places.param(path));
  };
  visit(document.params, [], 'params');
  for (const port of Object.keys(document.inputs)) {
    document.inputs[port]?.forEach((_, index) => {
      found[`inputs.${port}.${String(index)}`] = placeText(node.places.input(port));
    });
  }
  for (const name of Object.keys(document.env)) found[`env.${name}`] = placeText(node.places.env(name));
  return found;
}

/**
 * All that the outcome of a node comes from.
 *
 * @param inputs - digests by port and position
 * @throws StepError when a file that a param names cannot be read
 */
export async function nodeIngredients(
  node: GraphNode,
  inputs: Readonly<Record<string, readonly Digest[]>>,
  sources: Ingredients,
): Promise<FingerprintDocument> {
  const { spec } = node;
  const backend = spec.usesBackend ? sources.backend() : undefined;
  return {
    version: FINGERPRINT_VERSION,
    component: { name: spec.name, code: await sources.resources.code(node.source) },
    params: await paramIngredients(node, sources.resources),
    inputs,
    files: await fileDigests(node, sources),
    env: node.env,
    seed: node.seed,
    ...(backend === undefined ? {} : { backend: { name: backend.name, version: backend.version } }),
    ...(spec.ports !== 'fixed'
      ? { outputs: Object.fromEntries(Object.entries(node.outputs).map(([port, { name }]) => [port, name])) }
      : {}),
    ...(spec.external ? { place: sources.baseDir } : {}),
  };
}

/** The fingerprint of a node: see {@link nodeIngredients}. */
export async function nodeFingerprint(
  node: GraphNode,
  inputs: Readonly<Record<string, readonly Digest[]>>,
  sources: Ingredients,
): Promise<FingerprintRecord> {
  const document = await nodeIngredients(node, inputs, sources);
  return fingerprintRecord(document, { places: places(node, document), code: await codeIngredients(node, sources) });
}
