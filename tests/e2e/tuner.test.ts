/**
 * Searches through the command line, on points of two classes that a small network tells apart.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { randomStream } from '../../components/random.js';
import { pipeline, startPipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

// Every search starts processes that load TensorFlow: on a busy machine that takes its time.
jest.setTimeout(180_000);
const temporaryFolder = temporaryFolders();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A folder with points whose class says on which side of a line they lie. */
function folderWithPoints(): string {
  const folder = temporaryFolder();
  const random = randomStream(1, 'points');
  const lines = Array.from({ length: 120 }, () => {
    const [x, y] = [random.uniform() - 0.5, random.uniform() - 0.5];
    return `${x.toFixed(4)},${y.toFixed(4)},${x + y > 0 ? 'above' : 'below'}`;
  });
  writeFileSync(join(folder, 'points.csv'), ['x,y,side', ...lines].join('\n'));
  return folder;
}

/** A weight decay of 1e15 makes the loss infinite at the second step. */
const layers = [
  { Dense: { units: { hp: 'units' }, activation: 'relu', kernel_regularizer: { l2: { hp: 'decay' } } } },
  { Dense: { units: 2, activation: 'softmax' } },
];
const trained = { model: { layers }, optimizer: { SGD: { learning_rate: 0.5 } }, batch_size: 16 };
const space = {
  units: { Int: { min_value: 2, max_value: 16, step: 2 } },
  decay: { Choice: { values: [0, 0.001, 1e15] } },
};
const hyperband = { Hyperband: { max_epochs: 4, factor: 2 } };

function write(
  folder: string,
  tuner: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const nodes = {
    examples: {
      component: 'ExampleGen',
      params: {
        source: { csv: { path: 'points.csv', label: 'side', features: { x: 'float', y: 'float' } } },
        split: { train: 3, eval: 1 },
      },
    },
    tuner: { component: 'Tuner', inputs: { examples: 'examples.examples' }, params: tuner },
    ...more,
  };
  writeFileSync(join(folder, 'p.yaml'), JSON.stringify({ version: 1, name: 'demo', nodes }));
}

interface TrialFile {
  readonly trial_id: string;
  readonly values: Readonly<Record<string, number>>;
  readonly initial_epoch: number;
  readonly epochs: number;
  readonly parent: string | null;
  readonly status: string;
  readonly score: number | null;
  readonly history?: readonly unknown[];
  readonly message?: string;
}

/** The only file of a name in a store. */
function fileOf(store: string, name: string): string {
  const artifacts = join(store, 'artifacts');
  const paths = readdirSync(artifacts).map((digest) => join(artifacts, digest, name));
  const [path, ...more] = paths.filter((candidate) => existsSync(candidate));
  if (path === undefined || more.length > 0) throw new Error(`not one ${name} in ${store}`);
  return readFileSync(path, 'utf8');
}

/** The files of a search. */
function filesOf(store: string): { readonly best: string; readonly results: string } {
  return { best: fileOf(store, 'best_hyperparameters.json'), results: fileOf(store, 'tuner_results.json') };
}

const trialsOf = (results: string): readonly TrialFile[] =>
  (JSON.parse(results) as { readonly trials: readonly TrialFile[] }).trials;

describe('a search', () => {
  test('gives the same bytes with one process and with two, and its best values to a Trainer', async () => {
    const folder = folderWithPoints();
    const inputs = { examples: 'examples.examples', hyperparameters: 'tuner.best_hyperparameters' };
    const trainer = { component: 'Trainer', inputs, params: { ...trained, epochs: 4 } };
    write(folder, { ...trained, space, algorithm: hyperband, parallel: 2 }, { trainer });
    const two = await pipeline(folder, ['run', 'p.yaml', '--root', 'two']);
    expect(two).toMatchObject({ status: 0 });
    write(folder, { ...trained, space, algorithm: hyperband, parallel: 1 }, { trainer });
    const one = await pipeline(folder, ['run', 'p.yaml', '--root', 'one']);
    expect(one).toMatchObject({ status: 0 });
    const { best, results } = filesOf(join(folder, 'two'));
    expect(filesOf(join(folder, 'one'))).toEqual({ best, results });
    // The number of processes is none of its ingredients.
    const same = await pipeline(folder, ['run', 'p.yaml', '--root', 'two']);
    expect(same.stdout).toContain('3 nodes: 3 cached');

    const trials = trialsOf(results);
    expect(trials).toHaveLength(15);
    const failed = trials.filter(({ status }) => status === 'FAILED');
    expect(failed.length).toBeGreaterThan(0);
    for (const { values, score } of failed) expect([values['decay'], score]).toEqual([1e15, null]);
    for (const { parent, initial_epoch, epochs, history } of trials) {
      expect(parent === null).toBe(initial_epoch === 0);
      if (history !== undefined) expect(history).toHaveLength(epochs - initial_epoch);
    }
    const score = Math.max(...trials.map((trial) => trial.score ?? 0));
    expect(score).toBeGreaterThan(0.8);
    const { values, ...found } = JSON.parse(best) as TrialFile;
    expect(found).toMatchObject({ score, objective: { name: 'val_accuracy', direction: 'max' } });
    const winner = trials.find(({ trial_id }) => trial_id === found.trial_id);
    expect(winner).toMatchObject({ score, values });
    // With the same seed, the Trainer goes the winner's way.
    const { epochs } = JSON.parse(fileOf(join(folder, 'two'), 'history.json')) as { readonly epochs: unknown[] };
    expect(epochs.slice(winner?.initial_epoch, winner?.epochs)).toEqual(winner?.history);
    expect(two.stdout).toMatch(/tuner +score +[\d.]+\n +tuner +trials +15/u);
  });

  test('fails when all its trials do, and says why', async () => {
    const folder = folderWithPoints();
    const hopeless = { units: space.units, decay: { Fixed: { value: 1e15 } } };
    write(folder, { ...trained, space: hopeless, algorithm: { RandomSearch: { max_trials: 2, epochs: 1 } } });
    const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(/all 2 trials failed; the first: (the loss became|weights are no longer)/u);
  });

  test('is refused with the place of a hyperparameter that there is not', async () => {
    const folder = folderWithPoints();
    write(folder, { ...trained, space: { unit: space.units, decay: space.decay } });
    const { status, stderr } = await pipeline(folder, ['validate', 'p.yaml']);
    expect(status).toBe(2);
    expect(stderr).toContain("the space has no hyperparameter 'units'");
    expect(stderr).toContain("did you mean 'unit'?");
  });
});

/** Lets trainings in whose model is about to be built, up to a number; user code asks at a socket. */
class Gate {
  entered = 0;
  #allowed = 0;
  readonly #waiting: Socket[] = [];
  #onFull: (() => void) | undefined;

  constructor(folder: string) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      this.#waiting.push(socket);
      this.#let();
    });
    server.listen(join(folder, 'gate.sock'));
    closing.push(() => server.close());
  }

  /** Lets more in. */
  open(count: number): void {
    this.#allowed = this.entered + count;
    this.#let();
  }

  /** Waits until some stand before the gate; gives promises of the ends of their processes. */
  async waiting(count: number): Promise<readonly Promise<void>[]> {
    if (this.#waiting.length < count) {
      await new Promise<void>((resolve) => {
        this.#onFull = () => {
          if (this.#waiting.length >= count) resolve();
        };
      });
    }
    return this.#waiting.splice(0).map(
      (socket) =>
        new Promise((resolve) => {
          socket.on('close', () => {
            resolve();
          });
        }),
    );
  }

  #let(): void {
    while (this.entered < this.#allowed) {
      const socket = this.#waiting.shift();
      if (socket === undefined) break;
      this.entered++;
      socket.end('go');
    }
    this.#onFull?.();
  }
}

const GATED = `
  import { connect } from 'node:net';
  export async function build({ tf, hp, inputShape }) {
    await new Promise((resolve) => connect('gate.sock').on('data', resolve));
    const input = tf.input({ shape: inputShape });
    const kernelInitializer = tf.initializers.orthogonal({ seed: 1 });
    const hidden = tf.layers.dense({ units: hp.units, activation: 'relu', kernelInitializer }).apply(input);
    const outputs = tf.layers.dense({ units: 2, activation: 'softmax', kernelInitializer }).apply(hidden);
    const model = tf.model({ inputs: input, outputs });
    model.setWeights(model.getWeights().map((weight) => weight.mul(0.5).add(0.01)));
    return model;
  }`;

/** A folder with a search whose trainings stand before a gate. */
function gated(): { readonly folder: string; readonly gate: Gate } {
  const folder = folderWithPoints();
  writeFileSync(join(folder, 'net.ts'), GATED);
  write(folder, {
    model: { build: 'net.ts#build' },
    space: { units: space.units },
    algorithm: { Hyperband: { max_epochs: 2, factor: 2 } },
    parallel: 2,
  });
  return { folder, gate: new Gate(folder) };
}

test('a search that is stopped ends its processes', async () => {
  const { folder, gate } = gated();
  const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ends = await gate.waiting(1);
  child.kill('SIGINT');
  await Promise.all(ends);
  expect(await closed).toBe(130);
});

test('a search that is killed ends its processes, and does no finished trial again', async () => {
  const { folder, gate } = gated();

  gate.open(Infinity);
  expect(await pipeline(folder, ['run', 'p.yaml', '--root', 'whole'])).toMatchObject({ status: 0 });
  const whole = filesOf(join(folder, 'whole'));
  const trials = trialsOf(whole.results).length;
  expect(gate.entered).toBe(trials);

  gate.open(3);
  const child = startPipeline(folder, ['run', 'p.yaml', '--root', 'killed', '--json']);
  await new Promise<void>((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      // Said when the outcome is safe.
      if (text.includes('): val_accuracy')) resolve();
    });
  });
  // One worker where there is one core.
  const ends = await gate.waiting(1);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('close', resolve));
  await Promise.all(ends);

  const before = gate.entered;
  gate.open(Infinity);
  expect(await pipeline(folder, ['run', 'p.yaml', '--root', 'killed'])).toMatchObject({ status: 0 });
  expect(filesOf(join(folder, 'killed'))).toEqual(whole);
  expect(gate.entered - before).toBeGreaterThanOrEqual(trials - 3);
  expect(gate.entered - before).toBeLessThan(trials);
});

/** A network whose code does something with its process first, which it is told by the number of units. */
const DYING = `
  import { appendFileSync, existsSync } from 'node:fs';
  export async function build({ tf, hp, inputShape }) {
    appendFileSync('begun.txt', hp.units + '\\n');
    if (existsSync('deadly') && hp.units % 4 === 0) process.kill(process.pid, 'SIGKILL');
    if (existsSync('hungry') && hp.units % 4 === 2) for (const all = []; ; ) all.push(new Array(1e5).fill(all.length));
    const input = tf.input({ shape: inputShape });
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    const hidden = tf.layers.dense({ units: hp.units, activation: 'relu', kernelInitializer }).apply(input);
    const outputs = tf.layers.dense({ units: 2, activation: 'softmax', kernelInitializer }).apply(hidden);
    return tf.model({ inputs: input, outputs });
  }`;

/** Of these some die and some do not. */
const TRIALS = 4;

const dyingSearch = {
  model: { build: 'net.ts#build' },
  space: { units: space.units },
  algorithm: { RandomSearch: { max_trials: TRIALS, epochs: 1 } },
};

/** A folder with a random search over networks that may die. */
function dying(more: Readonly<Record<string, unknown>> = {}): string {
  const folder = folderWithPoints();
  writeFileSync(join(folder, 'net.ts'), DYING);
  write(folder, { ...dyingSearch, ...more });
  return folder;
}

const begun = (folder: string): readonly string[] => readFileSync(join(folder, 'begun.txt'), 'utf8').trim().split('\n');

describe('a trial whose process dies', () => {
  test('is trained once more, and the search comes out as if nothing had been', async () => {
    const folder = dying();
    expect(await pipeline(folder, ['run', 'p.yaml', '--root', 'sound'])).toMatchObject({ status: 0 });
    rmSync(join(folder, 'begun.txt'));
    // It dies at the first attempt only.
    writeFileSync(
      join(folder, 'net.ts'),
      DYING.replace("existsSync('deadly')", "!existsSync('died-' + hp.units)").replace(
        'process.kill(',
        "appendFileSync('died-' + hp.units, ''), process.kill(",
      ),
    );
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', '--root', 'shaken']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /trial 000\d: the process of the trial was ended by SIGKILL .*it is trained once more, alone/u,
    );
    expect(begun(folder).length).toBeGreaterThan(TRIALS);
    expect(filesOf(join(folder, 'shaken'))).toEqual(filesOf(join(folder, 'sound')));
  });

  test('has failed when it dies again, for the reason that is known, and the search goes on', async () => {
    const folder = dying();
    writeFileSync(join(folder, 'deadly'), '');
    expect(await pipeline(folder, ['run', 'p.yaml', '--root', 'two'])).toMatchObject({ status: 0 });
    const { results } = filesOf(join(folder, 'two'));
    const trials = trialsOf(results);
    expect(trials).toHaveLength(TRIALS);
    const [failed, completed] = [true, false].map((isDeadly) =>
      trials.filter(({ values }) => (Number(values['units']) % 4 === 0) === isDeadly),
    );
    expect(failed?.length).toBeGreaterThan(0);
    for (const trial of failed ?? []) {
      expect(trial).toMatchObject({ status: 'FAILED', message: 'the process of the trial was ended by SIGKILL' });
    }
    expect(completed?.length).toBeGreaterThan(0);
    for (const trial of completed ?? []) expect(trial).toMatchObject({ status: 'COMPLETED' });
    write(folder, { ...dyingSearch, parallel: 1 });
    expect(await pipeline(folder, ['run', 'p.yaml', '--root', 'one'])).toMatchObject({ status: 0 });
    expect(filesOf(join(folder, 'one')).results).toEqual(results);
  });

  test('has run out of memory when its heap was full', async () => {
    const folder = dying();
    writeFileSync(join(folder, 'hungry'), '');
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml'], {
      NODE_OPTIONS: '--max-old-space-size=100',
    });
    expect(status).toBe(0);
    const full = 'the process of the trial ran out of memory: its JavaScript heap was full';
    expect(stdout).toContain(`${full} (raise its limit`);
    const failed = trialsOf(filesOf(join(folder, '.pipeline')).results).filter((trial) => trial.status === 'FAILED');
    expect(failed.length).toBeGreaterThan(0);
    for (const trial of failed) expect(trial).toMatchObject({ message: full });
  });

  test('ends the search when all of the first ones die alike; taken up again, they have another chance', async () => {
    const units = { Choice: { values: [4, 8, 12, 16, 20, 24, 28, 32] } };
    const folder = dying({ space: { units }, algorithm: { RandomSearch: { max_trials: 6, epochs: 1 } } });
    writeFileSync(join(folder, 'deadly'), '');
    const { status, stdout } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(stdout).toContain('tuner[worker-died]: the search was given up, for its first 5 trials ended alike');
    // Twice each; a sixth may have been under way.
    expect(begun(folder).length).toBeLessThanOrEqual(12);
    rmSync(join(folder, 'deadly'));
    expect(await pipeline(folder, ['run', 'p.yaml'])).toMatchObject({ status: 0 });
  });
});
