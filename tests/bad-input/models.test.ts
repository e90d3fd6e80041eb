/**
 * Models from elsewhere: descriptions that lead out, contradict themselves, or keep TensorFlow.js busy for ever.
 */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { StepError } from '../../components/executor.js';
import type { Backend } from '../../components/tensorflow/backend.js';
import { defaultTransformGraph } from '../../components/tensorflow/dataset.js';
import { loadModel, saveModel } from '../../components/tensorflow/model-files.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { tf } from '../rig/tensorflow.js';

const temporaryFolder = temporaryFolders();
const backend: Backend = { tf, name: 'cpu', version: '4.22.0' };

async function save(folder: string, model: LayersModel): Promise<void> {
  await saveModel(folder, {
    backend,
    model,
    info: {
      version: 1,
      features: ['x'],
      label: 'y',
      classes: [],
      inputShape: [4],
      outputShape: [2],
      parameters: model.countParams(),
    },
    graph: defaultTransformGraph({
      version: 1,
      features: { x: { kind: 'float', size: 4 }, y: { kind: 'float', size: 1 } },
      splits: {},
    }),
    warn: () => undefined,
  });
}

const of = (tensor: unknown): SymbolicTensor => tensor as SymbolicTensor;

/** Layers that are used several times, models in models, and layers around layers. */
function entangled(): LayersModel {
  const input = tf.input({ shape: [4] });
  const shared = tf.layers.dense({ units: 4, name: 'shared/one' });
  const between = tf.layers.dense({ units: 4 });
  const inner = tf.sequential({
    layers: [tf.layers.dense({ units: 4, inputShape: [4] }), tf.layers.dropout({ rate: 0 })],
  });
  const wired = tf.model({ inputs: input, outputs: of(inner.apply(shared.apply(between.apply(shared.apply(input))))) });
  const outer = tf.input({ shape: [4] });
  const both = tf.layers.add().apply([of(wired.apply(outer)), of(wired.apply(of(wired.apply(outer))))]);
  const steps = tf.layers.reshape({ targetShape: [2, 2] }).apply(both);
  const lstm = tf.layers.lstm({ units: 3, recurrentInitializer: 'glorotUniform' }) as never;
  const wrapped = tf.layers.bidirectional({ layer: lstm, mergeMode: 'concat' }).apply(steps);
  return tf.model({ inputs: outer, outputs: of(tf.layers.dense({ units: 2 }).apply(wrapped)) });
}

test('a model that uses layers again, and models in models, is read as it was written', async () => {
  const folder = temporaryFolder();
  const model = entangled();
  await save(folder, model);
  const { model: read } = await loadModel(folder, backend);
  const outputs = (of: LayersModel): readonly number[] =>
    Array.from((of.predict(tf.tensor2d([[1, 2, 3, 4]])) as Tensor).dataSync());
  expect(outputs(read)).toEqual(outputs(model));
});

type Weight = Record<string, unknown>;

interface Group {
  paths: string[];
  weights: [Weight, ...Weight[]];
}

interface Description {
  modelTopology: { class_name: string; config: { layers: Layer[] } & Record<string, unknown> };
  weightsManifest: [Group, ...Group[]];
}

type Layer = Record<string, unknown> & { config: Record<string, unknown> };

/** What is said of the model when its description was changed. */
async function refusal(change: (description: Description, folder: string) => unknown): Promise<string> {
  const folder = temporaryFolder();
  await save(folder, tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4], name: 'dense' })] }));
  const file = join(folder, 'Format-TFJS', 'model.json');
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  const changed = change(description, folder);
  writeFileSync(file, typeof changed === 'string' ? changed : JSON.stringify(description));
  return await loadModel(folder, backend).then(
    () => 'loaded',
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'model-invalid' });
      return (error as StepError).message;
    },
  );
}

/** A layer of a wired model; `follows` names layers, or a layer and which of its calls. */
function wired(
  name: string,
  follows: readonly (string | [string, number])[],
  more: Record<string, unknown> = {},
): Layer {
  const inbound = follows.map((from) => [...(typeof from === 'string' ? [from, 0] : from), 0, {}]);
  const config = { name, units: 2, activation: 'linear', use_bias: false };
  return { name, class_name: 'Dense', config, inbound_nodes: inbound.length === 0 ? [] : [inbound], ...more };
}

const input: Layer = {
  name: 'in',
  class_name: 'InputLayer',
  config: { name: 'in', batch_input_shape: [null, 4], dtype: 'float32' },
  inbound_nodes: [],
};

function model(name: string, layers: readonly Layer[], more: object = {}): Description['modelTopology'] {
  const [first, last] = [layers[0]?.['name'], layers.at(-1)?.['name']];
  const ends = { input_layers: [[first, 0, 0]], output_layers: [[last, 0, 0]] };
  return { class_name: 'Model', config: { name, layers: [...layers], ...ends, ...more } };
}

/** A model of layers that name what they follow. */
const topology =
  (...layers: readonly Layer[]) =>
  (description: Description): void => {
    description.modelTopology = model('model', layers);
  };

const weight =
  (change: Record<string, unknown>) =>
  ({ weightsManifest }: Description): void => {
    Object.assign(weightsManifest[0].weights[0], change);
  };

const dense =
  (change: Record<string, unknown>, config: Record<string, unknown> = {}) =>
  ({ modelTopology: sequential }: Description): void => {
    const layer = sequential.config.layers.at(-1);
    Object.assign(layer ?? {}, change);
    Object.assign(layer?.config ?? {}, config);
  };

/** Two more layers: one repeats what the others make, the other takes the mean. */
const repeating =
  (times: number) =>
  ({ modelTopology: { config } }: Description): void => {
    config.layers.push(
      { class_name: 'RepeatVector', config: { name: 'again', n: times } },
      { class_name: 'GlobalAveragePooling1D', config: { name: 'mean' } },
    );
  };

/** The model within another one. */
const inner =
  (change: (description: Description) => void) =>
  (description: Description): void => {
    change(description);
    const { class_name: of, config } = description.modelTopology;
    const layer = {
      name: 'inner',
      class_name: of,
      config: { ...config, name: 'inner' },
      inbound_nodes: [[['in', 0, 0, {}]]],
    };
    description.modelTopology = model('outer', [input, layer], { output_layers: [['inner', 1, 0]] });
  };

describe('a model is refused', () => {
  test.each<[string, (description: Description, folder: string) => unknown, string]>([
    ['that is no JSON', () => '{', 'must be in one file'],
    ['that is a list', () => '[]', 'must be in one file'],
    ['without topology', (d) => delete (d as Partial<Description>).modelTopology, 'it has no topology'],
    [
      'whose weights lie elsewhere',
      (d) => (d.weightsManifest[0].paths = ['../../../etc/passwd']),
      'must be in one file',
    ],
    [
      'whose weights lie at an address',
      (d) => (d.weightsManifest[0].paths = ['http://a.example/w']),
      'must be in one file',
    ],
    ['whose weights lie in two groups', (d) => d.weightsManifest.push(d.weightsManifest[0]), 'must be in one file'],
    [
      'with a weight twice',
      (d) => d.weightsManifest[0].weights.push(d.weightsManifest[0].weights[0]),
      'dense/kernel is there twice',
    ],
    ['with a weight that is none', (d) => d.weightsManifest[0].weights.push(null as never), 'a weight without a name'],
    ['with weights of text', weight({ dtype: 'string', shape: [5e7] }), 'is of type string'],
    ['with weights of a type that objects have', weight({ dtype: 'constructor' }), 'is of type constructor'],
    ['with packed weights', weight({ quantization: { dtype: 'uint8', min: 0, scale: 1 } }), 'is of type quantized'],
    ['with a shape of another size', weight({ shape: [4, 3] }), 'weights.bin has 40'],
    ['with 10 GB declared', weight({ shape: [50_000, 50_000] }), 'take 10000000008 bytes, weights.bin has 40'],
    ['with a shape beyond all numbers', weight({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }), 'weights.bin has 40'],
    ['with a shape below zero', weight({ shape: [-4, -2] }), 'has no shape'],
    [
      'whose weights are cut',
      (_, folder) => {
        truncateSync(join(folder, 'Format-TFJS', 'weights.bin'), 39);
      },
      'weights.bin has 39',
    ],
    ['whose layer asks for 10 GB', dense({}, { units: 600_000_000 }), 'ask for more than the 10 weights'],
    ['whose layer asks for more than any memory', dense({}, { units: 1e300 }), 'ask for more than the 10 weights'],
    ['whose layer has no size', dense({}, { units: null }), 'cannot be loaded'],
    ['whose layer repeats an example a billion times', repeating(1e9), "layer 'again' makes 2000000000 values"],
    ['whose inner model does', inner(repeating(1e9)), "layer 'again' makes 2000000000 values"],
    ['with a Lambda', dense({ class_name: 'Lambda' }, { function: 'process.exit()' }), 'Unknown layer: Lambda'],
    ['of an unknown class', dense({ class_name: 'Evil' }), 'Unknown layer: Evil'],
    ['of a class that objects have', dense({ class_name: 'constructor' }), 'cannot be loaded'],
    ['of a class that is no layer', dense({ class_name: 'Zeros' }), 'cannot be loaded'],
    [
      'whose layers follow each other',
      topology(input, wired('a', ['b']), wired('b', ['a'])),
      "layer 'a' follows what is not there",
    ],
    ['whose layer follows itself', topology(input, wired('a', ['a'])), "layer 'a' follows what is not there"],
    ['whose layer follows nothing', topology(input, wired('a', ['nowhere'])), "layer 'a' follows what is not there"],
    ['whose layer follows a call that is never made', topology(input, wired('a', [['in', 1]])), "layer 'a' follows"],
    ['whose layers have one name', topology(input, wired('a', ['in']), wired('a', ['in'])), 'no name of its own'],
    ['whose layer has two names', topology(input, wired('a', ['in'], { name: 'b' })), 'no name of its own'],
    [
      'whose layer is called __proto__',
      topology(input, wired('__proto__', ['in']), wired('b', ['nowhere'])),
      'no name of its own',
    ],
    [
      'whose layers follow in two ways',
      topology(input, wired('a', ['in'], { inboundNodes: [] })),
      "the key 'inboundNodes' twice",
    ],
    [
      'whose layers follow what is no call',
      topology(input, wired('a', ['in'], { inbound_nodes: ['in'] })),
      'does not say what it follows',
    ],
    ['with a layer that is none', topology(input, 'a' as never), 'a layer that is none'],
    [
      'that is nested for ever',
      (d) => JSON.stringify(d).replace('"units":2', `"units":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      'nested too deeply',
    ],
  ])('%s', async (_, change, message) => {
    expect(await refusal(change)).toContain(message);
  });

  test('that uses a model of models of models many times each', async () => {
    let inner = model('m0', [{ ...input }, wired('a', ['in'])]);
    for (let level = 1; level < 12; level++) {
      const calls = Array.from({ length: 10 }, (_, index) => [[index === 0 ? 'in' : 'use', index, 0, {}]]);
      const use = { ...inner, name: 'use', config: { ...inner.config, name: 'use' }, inbound_nodes: calls };
      inner = model(`m${String(level)}`, [{ ...input }, use], { output_layers: [['use', 10, 0]] });
    }
    const nested = (description: Description): void => {
      description.modelTopology = inner;
    };
    expect(await refusal(nested)).toContain('more than 50000 layers');
  });

  test('whose many layers are listed from the last to the first', async () => {
    const layers = Array.from({ length: 2500 }, (_, index) => wired(`a${String(index)}`, [`a${String(index + 1)}`]));
    expect(await refusal(topology(...layers, wired('a2500', ['in']), input))).toContain('in no order');
  });
});
