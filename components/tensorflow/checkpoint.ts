/**
 * A training as it stood after an epoch, in one file: weights, the optimizer's state, the history. It is there whole or
 * not at all; a file that is torn or of another model counts as none.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Optimizer, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { realDisk } from '../../artifacts/disk.js';
import type { TensorFlow } from './tensorflow.js';

/** Values of one tensor. */
export interface TensorValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a checkpoint holds. `state` is plain data of the training loop's. */
export interface Checkpoint<State> {
  readonly state: State;
  readonly weights: readonly TensorValues[];
  readonly optimizer: readonly TensorValues[];
  /** Weights of the best epoch; empty when they are not kept. */
  readonly best: readonly TensorValues[];
}

const FILE = 'checkpoint.bin';
const VERSION = 1;
const GROUPS = ['weights', 'optimizer', 'best'] as const;

interface Header<State> {
  readonly version: typeof VERSION;
  readonly state: State;
  readonly groups: Readonly<Record<(typeof GROUPS)[number], readonly Omit<TensorValues, 'values'>[]>>;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Writes a checkpoint in the place of the one before. */
export async function writeCheckpoint<State>(folder: string, checkpoint: Checkpoint<State>): Promise<void> {
  const header: Header<State> = {
    version: VERSION,
    state: checkpoint.state,
    groups: {
      weights: checkpoint.weights.map(({ name, shape }) => ({ name, shape })),
      optimizer: checkpoint.optimizer.map(({ name, shape }) => ({ name, shape })),
      best: checkpoint.best.map(({ name, shape }) => ({ name, shape })),
    },
  };
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const values = GROUPS.flatMap((group) => checkpoint[group]).map(({ values: { buffer, byteOffset, byteLength } }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  const content = Buffer.concat([length, head, ...values]);
  const digest = createHash('sha256').update(content).digest();
  await realDisk.makeFolder(folder);
  await realDisk.writeFile(join(folder, FILE), Buffer.concat([digest, content]));
}

/** Reads the checkpoint of a folder; undefined when there is none that is whole. */
export async function readCheckpoint<State>(folder: string): Promise<Checkpoint<State> | undefined> {
  const bytes = await readFile(join(folder, FILE)).catch(() => undefined);
  if (bytes === undefined || bytes.length < 36) return undefined;
  const content = bytes.subarray(32);
  if (!createHash('sha256').update(content).digest().equals(bytes.subarray(0, 32))) return undefined;
  // The digest proves that this program wrote the rest.
  let at = 4 + content.readUInt32LE(0);
  const header = JSON.parse(content.toString('utf8', 4, at)) as Header<State>;
  if ((header.version as number) !== VERSION) return undefined;
  const group = (name: (typeof GROUPS)[number]): readonly TensorValues[] =>
    header.groups[name].map((tensor) => {
      const end = at + 4 * elements(tensor.shape);
      const values = new Float32Array(new Uint8Array(content.subarray(at, end)).buffer);
      at = end;
      return { ...tensor, values };
    });
  return { state: header.state, weights: group('weights'), optimizer: group('optimizer'), best: group('best') };
}

async function valuesOf(name: string, tensor: Tensor): Promise<TensorValues> {
  return { name, shape: tensor.shape, values: Float32Array.from(await tensor.data()) };
}

/** Weights of a model, trainable or not, in its order. */
export async function modelValues(model: LayersModel): Promise<readonly TensorValues[]> {
  // The tensors are the model's own: they are not disposed.
  return await Promise.all(model.getWeights().map((tensor, index) => valuesOf(String(index), tensor)));
}

/** Gives a model its weights back. */
export function setModelValues(tf: TensorFlow, model: LayersModel, values: readonly TensorValues[]): void {
  const tensors = values.map((value) => tf.tensor(value.values, [...value.shape], 'float32'));
  model.setWeights(tensors);
  tf.dispose(tensors);
}

/** Products of Adam's decays over all steps. Its own `setWeights` computes them anew, with other roundings. */
const PRODUCTS = ['accBeta1', 'accBeta2'] as const;
type Products = Partial<Record<(typeof PRODUCTS)[number], Variable>>;

/** State of an optimizer. */
export async function optimizerValues(optimizer: Optimizer): Promise<readonly TensorValues[]> {
  const slots = await optimizer.getWeights();
  const values = await Promise.all(slots.map(({ name, tensor }) => valuesOf(name, tensor)));
  // The count of iterations is a tensor of its own, made for this call.
  slots[0]?.tensor.dispose();
  for (const name of PRODUCTS) {
    const product = (optimizer as unknown as Products)[name];
    if (product !== undefined) values.push(await valuesOf(name, product));
  }
  return values;
}

/** Gives an optimizer its state back. */
export async function setOptimizerValues(
  tf: TensorFlow,
  optimizer: Optimizer,
  values: readonly TensorValues[],
): Promise<void> {
  const isProduct = (name: string): boolean => (PRODUCTS as readonly string[]).includes(name);
  const slots = values.filter(({ name }) => !isProduct(name));
  const tensors = slots.map((slot, index) => ({
    name: slot.name,
    tensor: tf.tensor(slot.values, [...slot.shape], index === 0 ? 'int32' : 'float32'),
  }));
  await optimizer.setWeights(tensors);
  tf.dispose(tensors.map(({ tensor }) => tensor));
  for (const { name, shape, values: product } of values) {
    const variable = (optimizer as unknown as Products)[name as (typeof PRODUCTS)[number]];
    if (variable === undefined || !isProduct(name)) continue;
    const tensor = tf.tensor(product, [...shape], 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}
