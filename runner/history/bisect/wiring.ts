/**
 * What goes into which node, in a run and in mixtures of two: inputs that were rewired in the file between two runs are
 * switched a node at a time, as far as all that they name is still in the file.
 */
import { canonicalJson } from '../../../artifacts/canonical-json.js';
import type { BoundArtifact, ExecutionWithArtifacts } from '../../../artifacts/metadata/metadata-store.js';
import { inOrder } from '../../graph/build-graph.js';
import { findCycle } from '../../graph/find-cycle.js';
import { needsOf, type GraphNode, type OutputReference, type PipelineGraph } from '../../graph/pipeline-graph.js';
import type { Checked, Diagnostic } from '../../source/diagnostic.js';

/** References by port. */
export type Wiring = GraphNode['inputs'];

/** A node whose inputs came from elsewhere in the other run. */
export interface Rewiring {
  /** The key of the change. */
  readonly key: string;
  /** What people call it. */
  readonly name: string;
  readonly good: Wiring;
  readonly bad: Wiring;
}

function referenceText({ node, output }: OutputReference): string {
  return `${node}.${output}`;
}

/** Each but those that are the same as the one before: an output may be several artifacts. */
function distinct(references: readonly OutputReference[]): readonly OutputReference[] {
  return references.filter((each, index) => {
    const before = references[index - 1];
    return before === undefined || referenceText(before) !== referenceText(each);
  });
}

/** Reads where the inputs of nodes came from in one run. */
class RunWiring {
  readonly #makers = new Map<number, OutputReference[]>();
  readonly #skipped = new Set<string>();

  constructor(steps: readonly ExecutionWithArtifacts[]) {
    for (const { execution, outputs } of steps) {
      if (execution.state === 'SKIPPED') this.#skipped.add(execution.node);
      for (const { port, artifact } of outputs) {
        const maker = { node: execution.node, output: port };
        this.#makers.set(artifact.id, [...(this.#makers.get(artifact.id) ?? []), maker]);
      }
    }
  }

  /** What went into a node; undefined where that is not on record. What the file says is kept where it explains it. */
  of(node: GraphNode, inputs: readonly BoundArtifact[]): Wiring | undefined {
    const wiring: Record<string, readonly OutputReference[]> = {};
    for (const port of new Set([...Object.keys(node.inputs), ...inputs.map((each) => each.port)])) {
      const written = node.inputs[port] ?? [];
      const references = this.#port(
        inputs.filter((each) => each.port === port).toSorted((a, b) => a.index - b.index),
        written,
      );
      if (references === undefined) return undefined;
      if (references.length > 0) wiring[port] = references;
    }
    return wiring;
  }

  #port(bound: readonly BoundArtifact[], written: readonly OutputReference[]): readonly OutputReference[] | undefined {
    const wanted = new Set(written.map(referenceText));
    const came: OutputReference[] = [];
    for (const { artifact } of bound) {
      const makers = this.#makers.get(artifact.id) ?? [];
      const maker = makers.find((each) => wanted.has(referenceText(each))) ?? makers[0];
      if (maker === undefined) return undefined;
      came.push(maker);
    }
    const found = distinct(came);
    // Nothing comes of a node that was skipped.
    const expected = distinct(written.filter(({ node }) => !this.#skipped.has(node)));
    return found.map(referenceText).join() === expected.map(referenceText).join() ? written : found;
  }
}

/**
 * Where the inputs of a run's nodes came from, by node.
 *
 * @param nodes - those of the pipeline file as it is now, with the run's params
 */
export function recordedWiring(
  nodes: ReadonlyMap<string, GraphNode>,
  steps: readonly ExecutionWithArtifacts[],
): ReadonlyMap<string, Wiring> {
  const run = new RunWiring(steps);
  const found = new Map<string, Wiring>();
  for (const { execution, inputs } of steps) {
    const node = nodes.get(execution.node);
    if (node === undefined || !['COMPLETE', 'CACHED'].includes(execution.state)) continue;
    const wiring = run.of(node, inputs);
    if (wiring !== undefined) found.set(node.name, wiring);
  }
  return found;
}

/** One side of a bisection, as far as it tells what goes where. */
interface WiredSide {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly wiring: ReadonlyMap<string, Wiring>;
}

function isThere(wiring: Wiring, { spec }: GraphNode, { nodes }: WiredSide): boolean {
  return Object.entries(wiring).every(
    ([port, references]) =>
      (spec.ports === 'declared' || spec.inputs[port] !== undefined) &&
      references.every(({ node, output }) => nodes.get(node)?.outputs[output] !== undefined),
  );
}

/** The nodes that can be switched between the inputs of both runs, by name. */
export function rewirings({ good, bad }: Readonly<Record<'good' | 'bad', WiredSide>>): ReadonlyMap<string, Rewiring> {
  const found = new Map<string, Rewiring>();
  for (const node of bad.nodes.values()) {
    const [before, after] = [good.wiring.get(node.name), bad.wiring.get(node.name)];
    if (before === undefined || after === undefined || canonicalJson(before) === canonicalJson(after)) continue;
    const sides = [good, bad];
    if (![before, after].every((wiring) => sides.every((side) => isThere(wiring, node, side)))) continue;
    const name = `${node.group ?? node.name}.inputs`;
    found.set(node.name, { key: `value ${name}`, name, good: before, bad: after });
  }
  return found;
}

/** A wiring as people write it. */
export function wiringText(wiring: Wiring): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(wiring).map(([port, references]) => [port, references.map(referenceText)]));
}

const CIRCLE: Diagnostic = {
  code: 'cycle',
  severity: 'error',
  message: 'its nodes wait for each other',
  range: undefined,
  related: [],
  hint: undefined,
};

/**
 * The pipeline with the inputs of either run.
 *
 * @param switched - keys of the changes that are as in the bad run
 */
export function rewired(
  graph: PipelineGraph,
  switched: ReadonlySet<string>,
  changes: ReadonlyMap<string, Rewiring>,
): Checked<PipelineGraph> {
  if (changes.size === 0) return { ok: true, value: graph, warnings: [] };
  const nodes = graph.nodes.map((node) => {
    const change = changes.get(node.name);
    return change === undefined ? node : { ...node, inputs: switched.has(change.key) ? change.bad : change.good };
  });
  const cycle = findCycle(
    nodes.map((node) => ({
      name: node.name,
      edges: needsOf(node).map((to) => ({ to, range: node.places.name })),
    })),
  );
  if (cycle !== undefined) return { ok: false, diagnostics: [CIRCLE] };
  return { ok: true, value: { ...graph, nodes: inOrder(nodes) }, warnings: [] };
}
