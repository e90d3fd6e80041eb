/**
 * Images a second that the training loop takes, for the network of a CIFAR-10 tutorial: in one worker process, in two at
 * once, and on the plain JavaScript backend. The pixels are made up; the time does not depend on them. Prints Markdown.
 */
import { fork } from 'node:child_process';
import { checkParams } from '../components/params.js';
import type { Dataset } from '../components/tensorflow/dataset.js';
import { loadBackend } from '../components/tensorflow/backend.js';
import { buildModel } from '../components/tensorflow/build-model.js';
import { train } from '../components/tensorflow/training-loop.js';
import { fittingParams } from '../components/training-params.js';
import { machineText } from './rig/machine.js';
import { markdownTable } from './rig/table.js';
import { unattended } from '../tests/rig/unattended-training.js';

const SIZE = 32;
const CHANNELS = 3;
const CLASSES = Array.from({ length: 10 }, (_, i) => String(i));

const LAYERS = [
  { Conv2D: { filters: 32, kernel_size: 3, padding: 'same', activation: 'relu' } },
  { AveragePooling2D: { pool_size: 2 } },
  'BatchNormalization',
  { Conv2D: { filters: 64, kernel_size: 3, padding: 'same', activation: 'relu' } },
  { AveragePooling2D: { pool_size: 2 } },
  'BatchNormalization',
  'Flatten',
  { Dense: { units: 128, activation: 'relu' } },
  { Dropout: { rate: 0.3 } },
  { Dense: { units: 10, activation: 'softmax' } },
];

/** What a worker is to do: images of the epoch that is timed, after one batch that is not. */
interface Work {
  readonly backend: string;
  readonly images: number;
  readonly batchSize: number;
}

/** Trains in this process; answers with images a second. */
async function imagesPerSecond({ images, batchSize }: Work): Promise<number> {
  const backend = await loadBackend(() => undefined);
  const { tf } = backend;
  const inputShape = [SIZE, SIZE, CHANNELS];
  const dataset = (examples: number): Dataset => ({
    examples,
    features: ['image'],
    label: 'label',
    classes: CLASSES,
    inputShape,
    labels: Int32Array.from({ length: examples }, (_, row) => row % CLASSES.length),
    image: () => undefined,
    raw: () => new Map(),
    batch: (rows) => {
      const pixels = Float32Array.from(
        { length: rows.length * SIZE * SIZE * CHANNELS },
        (_, i) => ((i * 7919) % 256) / 255,
      );
      return {
        xs: tf.tensor(pixels, [rows.length, ...inputShape], 'float32'),
        ys: tf.tensor1d(
          Array.from(rows, (row) => row % CLASSES.length),
          'int32',
        ),
      };
    },
  });
  const training = checkParams(fittingParams, { model: { layers: LAYERS }, optimizer: { Adam: {} } }, [], {
    problem: ({ message }) => {
      throw new Error(message);
    },
    resource: () => undefined,
  });
  if (training === undefined) throw new Error('the network is not valid');
  const plan = { backend, training, inputShape, classes: CLASSES, seed: 1, baseDir: '.', hp: {} };
  const model = await buildModel(plan);
  const epoch = (examples: number): Promise<unknown> =>
    train({
      backend,
      model,
      loss: 'sparse_categorical_crossentropy',
      train: dataset(examples),
      evaluation: undefined,
      epochs: 1,
      batchSize,
      seed: 1,
      ...unattended(),
    });
  await epoch(batchSize);
  const started = performance.now();
  await epoch(images);
  return (images * 1000) / (performance.now() - started);
}

/** Lets workers of their own train at the same time; answers with images a second of all together. */
async function inWorkers(count: number, work: Work): Promise<number> {
  const rates = Array.from({ length: count }, () => {
    const child = fork(process.argv[1] ?? '', [JSON.stringify(work)], {
      env: { ...process.env, PIPELINE_BACKEND: work.backend },
    });
    return new Promise<number>((resolve, reject) => {
      child.on('message', resolve);
      child.on('exit', (status) => {
        reject(new Error(`a worker ended with status ${String(status)}`));
      });
    });
  });
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
}

const [given] = process.argv.slice(2);
if (given !== undefined) process.send?.(await imagesPerSecond(JSON.parse(given) as Work));
else {
  const head = machineText('npm run bench:training');
  const wasm = { backend: 'wasm', images: 1920, batchSize: 64 };
  const one = await inWorkers(1, wasm);
  const two = await inWorkers(2, wasm);
  const cpu = await inWorkers(1, { backend: 'cpu', images: 16, batchSize: 16 });
  const row = (name: string, rate: number): string[] => [name, rate.toFixed(1), `${(rate / cpu).toFixed(0)} ×`];
  const table = markdownTable(
    ['backend', 'images/s', 'to cpu'],
    [row('wasm, one worker', one), row('wasm, two workers', two), row('cpu (plain JavaScript), batches of 16', cpu)],
  );
  const text = `Seed network (545,482 parameters, 32 × 32 × 3, Adam), batches of 64.`;
  process.stdout.write(`# Training\n\n${head}\n\n${text}\n\n${table}\n`);
}
