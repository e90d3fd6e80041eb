/**
 * Whether TensorFlow.js can be given the topology of a model. It believes what it reads: it waits for ever for layers that
 * wait for each other, and goes through a nested model anew wherever that is used. What the layers are is its own business.
 */
import { isMapping, type Mapping } from '../../artifacts/mapping.js';

/** Levels of lists and mappings in each other. */
const MAX_DEPTH = 200;

/** Layers, those of a nested model counted wherever it is used. */
const MAX_LAYERS = 50_000;

/** Looks at layers that still wait for others. Models list them in about the order in which they follow each other. */
const MAX_LOOKS = 2_000_000;

type Fail = (what: string) => never;

/** A mapping as TensorFlow.js takes it: Keras' snake case becomes camel case. */
function readKeys(mapping: Mapping, fail: Fail): ReadonlyMap<string, unknown> {
  const read = new Map<string, unknown>();
  for (const [key, value] of Object.entries(mapping)) {
    const name = key.length <= 1 ? key : key.replaceAll(/_+(\w|$)/gu, (_, next: string) => next.toUpperCase());
    if (read.has(name)) return fail(`its topology has the key '${key.slice(0, 80)}' twice`);
    read.set(name, value);
  }
  return read;
}

/** A layer of a model whose layers name those that they follow. */
interface WiredLayer {
  readonly name: string;
  /** The calls that it is waiting to make; each names calls of other layers by their numbers. */
  waiting: readonly (readonly Call[])[];
  /** Calls that were made. */
  calls: number;
}

interface Call {
  readonly layer: string;
  readonly index: number;
}

function inboundCalls(node: unknown, layer: string, fail: Fail): readonly Call[] {
  if (!Array.isArray(node)) return fail(`layer '${layer}' does not say what it follows`);
  return node.map((call: unknown) => {
    const [from, index] = Array.isArray(call) ? (call as readonly unknown[]) : [];
    if (typeof from === 'string' && Number.isSafeInteger(index) && Number(index) >= 0)
      return { layer: from, index: Number(index) };
    return fail(`layer '${layer}' does not say what it follows`);
  });
}

/** Makes the calls of layers, each as soon as those are made that it follows; there must be none left. */
function checkWiring(layers: ReadonlyMap<string, WiredLayer>, fail: Fail): void {
  let looks = 0;
  let waiting = [...layers.values()];
  for (let made = true; made;) {
    made = false;
    for (const layer of waiting) {
      looks += layer.waiting.length;
      if (looks > MAX_LOOKS) return fail('its layers are in no order');
      layer.waiting = layer.waiting.filter((needed) => {
        const isReady = needed.every(({ layer: from, index }) => (layers.get(from)?.calls ?? 0) > index);
        if (!isReady) return true;
        if (needed.length > 0) layer.calls++;
        made = true;
        return false;
      });
    }
    waiting = waiting.filter((layer) => layer.waiting.length > 0);
  }
  const [stuck] = waiting;
  if (stuck !== undefined) return fail(`layer '${stuck.name}' follows what is not there, or itself`);
}

/** Counts layers in a part of a topology. */
function countLayers(value: unknown, depth: number, fail: Fail): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return fail('its topology is nested too deeply');
  const inside = (part: unknown): number => countLayers(part, depth + 1, fail);
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + inside(part), 0);
  const keys = readKeys(value as Mapping, fail);
  let count = 0;
  for (const [key, part] of keys) {
    count += key === 'layers' && Array.isArray(part) ? countModel(part, inside, fail) : inside(part);
    if (count > MAX_LAYERS)
      return fail(`it has more than ${String(MAX_LAYERS)} layers, those of nested models included`);
  }
  return count;
}

/** Counts the layers of a model, and checks that they can follow each other. */
function countModel(layers: readonly unknown[], inside: (part: unknown) => number, fail: Fail): number {
  const wired = new Map<string, WiredLayer>();
  let count = 0;
  for (const layer of layers) {
    const keys = isMapping(layer) ? readKeys(layer, fail) : fail('it has a layer that is none');
    const [name, config, nodes] = [keys.get('name'), keys.get('config'), keys.get('inboundNodes')];
    const within = inside(config);
    // Those of a sequential model follow each other as they are listed.
    if (!Array.isArray(nodes)) {
      count += 1 + within;
      continue;
    }
    const own = isMapping(config) ? readKeys(config, fail) : new Map<string, unknown>();
    // What every object has by its name would be taken for a layer.
    if (typeof name !== 'string' || name in {} || own.get('name') !== name || wired.has(name)) {
      return fail(`a layer has no name of its own: '${String(name).slice(0, 80)}'`);
    }
    // Inputs and models are there without being called.
    const calls = keys.get('className') === 'InputLayer' || own.has('layers') ? 1 : 0;
    wired.set(name, { name, calls, waiting: nodes.map((node: unknown) => inboundCalls(node, name, fail)) });
    count += Math.max(1, nodes.length) * (1 + within);
  }
  checkWiring(wired, fail);
  return count;
}

/**
 * Checks a topology as `model.json` has it.
 *
 * @param fail - called with what is wrong with it
 */
export function checkTopology(topology: unknown, fail: Fail): void {
  if (!isMapping(topology)) return fail('it has no topology');
  countLayers(topology, 0, fail);
}
