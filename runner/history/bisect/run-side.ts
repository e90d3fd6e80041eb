/**
 * One of the two runs of a bisection: what the pipeline file, as it is now, gives with its params, and what is on record
 * of its steps.
 */
import { resolve } from 'node:path';
import type { MetadataStore } from '../../../artifacts/metadata/metadata-store.js';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import type { Digest } from '../../../artifacts/store/artifact-store.js';
import type { CodeParts } from '../../../components/code-parts.js';
import { isMapping } from '../../../artifacts/mapping.js';
import type { ParamPath, ParamResource } from '../../../components/params.js';
import type { ComponentSource } from '../../../components/registry.js';
import { parseModuleReference } from '../../../components/user-module.js';
import type { GraphNode, PipelineGraph } from '../../graph/pipeline-graph.js';
import { ingredients, readDocument, readSources, type FingerprintDocument } from '../../plan/fingerprint.js';
import { recordedWiring, type Wiring } from './wiring.js';

/** Which of the two runs. */
export type Side = 'good' | 'bad';

/** A run as it is mixed with another. */
export interface RunSide {
  readonly run: RunRecord;
  /** The whole graph of the pipeline file as it is now, with the run's params. */
  readonly graph: PipelineGraph;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** What steps were made of, by node. */
  readonly documents: ReadonlyMap<string, FingerprintDocument>;
  /** Digests of files, folders and code, by {@link resourceKey} and {@link codeKey}. */
  readonly digests: ReadonlyMap<string, Digest>;
  /** Where the inputs of its nodes came from. */
  readonly wiring: ReadonlyMap<string, Wiring>;
  /** What nodes that look for an artifact have found. */
  readonly resolved: ReadonlyMap<string, Digest>;
  /** What its steps computed with; undefined where none did. */
  readonly backend: FingerprintDocument['backend'];
  /** Declarations of user code, by its digest. */
  readonly parts: ReadonlyMap<Digest, CodeParts>;
}

/** What a file, a folder or an export of user code is known by. */
export function resourceKey({ kind, value }: Pick<ParamResource, 'kind' | 'value'>, baseDir: string): string {
  if (kind === 'path') return `path ${resolve(baseDir, value)}`;
  const { file } = parseModuleReference(value, baseDir);
  return `module ${file}${value.slice(value.lastIndexOf('#'))}`;
}

/** What the code of a component is known by. */
export function codeKey(source: ComponentSource): string {
  return source.kind === 'builtin' ? `builtin ${source.name}` : `component ${source.path}`;
}

/** The value at a path inside plain data. */
export function valueAt(value: unknown, path: ParamPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    value,
  );
}

const DIGEST = /^[0-9a-f]{64}$/u;

/** The digest that stands in a document in place of a file, a folder or user code. */
export function recordedDigest(value: unknown): Digest | undefined {
  if (!isMapping(value)) return undefined;
  const digest = value['content'] ?? value['module'];
  return typeof digest === 'string' && DIGEST.test(digest) ? digest : undefined;
}

function isDocument(value: unknown): value is FingerprintDocument {
  return isMapping(value) && ['component', 'params', 'inputs', 'files', 'env'].every((part) => isMapping(value[part]));
}

/** Reads what is on record of a run; `graph` is the pipeline file as it is now with the run's params. */
export function runSide(run: RunRecord, graph: PipelineGraph, metadata: MetadataStore): RunSide {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const documents = new Map<string, FingerprintDocument>();
  const digests = new Map<string, Digest>();
  const resolved = new Map<string, Digest>();
  const parts = new Map<Digest, CodeParts>();
  let backend: FingerprintDocument['backend'];
  const steps = metadata.executionsOf(run.id);
  for (const { execution } of steps) {
    const { node: name, state, fingerprint } = execution;
    const record = fingerprint === undefined ? undefined : metadata.fingerprint(fingerprint);
    if (record === undefined || !['COMPLETE', 'CACHED'].includes(state)) continue;
    const document = readDocument(record);
    const node = nodes.get(name);
    if (!isDocument(document) || node?.spec.name !== document.component.name) continue;
    documents.set(name, document);
    digests.set(codeKey(node.source), document.component.code);
    for (const resource of node.resources) {
      const digest = recordedDigest(valueAt(document.params, resource.path));
      if (digest !== undefined) digests.set(resourceKey(resource, graph.baseDir), digest);
    }
    for (const [file, digest] of Object.entries(document.files)) {
      digests.set(resourceKey({ kind: 'path', value: file }, graph.baseDir), digest);
    }
    backend ??= document.backend;
    const [found] = node.spec.resolves ? Object.values(document.inputs) : [];
    if (found?.[0] !== undefined) resolved.set(name, found[0]);
    const leaves = ingredients(document);
    for (const [path, declared] of Object.entries(readSources(record).code)) {
      const digest: unknown = JSON.parse(leaves.get(path) ?? 'null');
      if (typeof digest === 'string') parts.set(digest, declared);
    }
  }
  const wiring = recordedWiring(nodes, steps);
  return { run, graph, nodes, documents, digests, wiring, resolved, backend, parts };
}
