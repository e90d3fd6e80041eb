/**
 * Trainings through the command line, on a table that is made here.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { events, pipeline, startPipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Points inside and outside a circle, always the same. */
function table(): string {
  const rows = Array.from({ length: 400 }, (_, index) => {
    const [x, y] = [Math.sin(index * 1.7), Math.cos(index * 2.3)];
    return `${x.toFixed(4)},${y.toFixed(4)},${x * x + y * y < 0.8 ? 'inside' : 'outside'}`;
  });
  return ['x,y,place', ...rows].join('\n');
}

/** A recurrent network in code that chains operations: both need methods of tensors. */
const RECURRENT = `
  import type { BuildModelInput } from 'tfjs-pipelines/model';
  export function build({ tf, inputShape, classes, seed }: BuildModelInput) {
    const [size] = inputShape;
    const kernelInitializer = tf.initializers.glorotUniform({ seed });
    const recurrentInitializer = tf.initializers.orthogonal({ seed });
    const layers = [
      tf.layers.reshape({ targetShape: [size, 1], inputShape }),
      tf.layers.lstm({ units: 4, kernelInitializer, recurrentInitializer }),
      tf.layers.dense({ units: classes.length, activation: 'softmax', kernelInitializer }),
    ];
    const model = tf.sequential({ layers });
    const start = model.getWeights().map((weight) => weight.mul(0.5).add(0.01));
    model.setWeights(start);
    return model;
  }`;

const LAYERS = '{ layers: [{ Dense: { units: 8, activation: relu } }, { Dense: { units: 2, activation: softmax } }] }';

function workplace(epochs: number, model = LAYERS): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'points.csv'), table());
  writeFileSync(join(folder, 'net.ts'), RECURRENT);
  writeFileSync(
    join(folder, 'p.yaml'),
    `version: 1
name: points
params: { epochs: ${String(epochs)} }
nodes:
  examples:
    component: ExampleGen
    params: { source: { csv: { path: points.csv, label: place } }, split: { train: 4, eval: 1 } }
  trainer:
    component: Trainer
    inputs: { examples: examples.examples }
    params:
      epochs: "\${params.epochs}"
      model: ${model}
  evaluator:
    component: Evaluator
    inputs: { examples: examples.examples, model: trainer.model }
    params: { split: eval, thresholds: { accuracy: { minimum: 0.1 } } }
`,
  );
  return folder;
}

/** The nodes' ends, the epochs that the Trainer told of, and the digests of what came out. */
async function run(folder: string, ...more: readonly string[]) {
  const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml', '--json', ...more]);
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  const all = events(stdout);
  const ends = all.filter(({ type }) => type === 'step-cached' || type === 'step-completed');
  const said = all.flatMap(({ node, message }) => (node === 'trainer' ? [String(message)] : []));
  const numbers = (pattern: RegExp): readonly number[] =>
    said.flatMap((message) => pattern.exec(message)?.[1] ?? []).map(Number);
  const outputs = ends.flatMap((end) => end['outputs'] as readonly { type: string; digest: string }[]);
  return {
    ends: Object.fromEntries(ends.map(({ node, type }) => [String(node), String(type).replace('step-', '')])),
    epochs: numbers(/^epoch (\d+):/u),
    from: numbers(/^goes on from the checkpoint after epoch (\d+)$/u),
    kept: numbers(/^the model has the weights of epoch (\d+)$/u),
    digests: outputs.map(({ type, digest }) => `${type} ${digest}`).sort(),
  };
}

describe('a training', () => {
  test('that is killed goes on at its last epoch, and ends in the same bits', async () => {
    const epochs = 60;
    const folder = workplace(epochs);
    const child = startPipeline(folder, ['run', 'p.yaml', '--json']);
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('"epoch 5:')) resolve();
      });
      child.on('exit', () => {
        reject(new Error(`it ended before it was killed: ${text}`));
      });
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    await ended;
    const { stdout } = await pipeline(folder, ['show']);
    expect(stdout).toContain("trainer[process-died]: the process that ran it died\n    help: where it said 'heap");
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('next: pipeline resume 1');
    const resumed = await run(folder);
    expect(resumed.ends).toEqual({ examples: 'cached', trainer: 'completed', evaluator: 'completed' });
    expect(resumed.epochs[0]).toBeGreaterThan(5);
    expect(resumed.epochs.at(-1)).toBe(epochs);
    expect(resumed.from).toEqual([Number(resumed.epochs[0]) - 1]);
    expect(resumed.kept).toEqual([epochs]);
    const undisturbed = await run(workplace(epochs));
    expect(undisturbed.epochs).toHaveLength(epochs);
    expect(undisturbed.from).toEqual([]);
    expect(resumed.digests).toEqual(undisturbed.digests);
  });

  test('of a recurrent network runs again when a param changes, with what comes after it, and nothing else', async () => {
    const folder = workplace(2, '{ build: net.ts#build }');
    await run(folder);
    const changed = await run(folder, '--set', 'epochs=3');
    expect(changed.ends).toEqual({ examples: 'cached', trainer: 'completed', evaluator: 'completed' });
    const back = await run(folder);
    expect(back.ends).toEqual({ examples: 'cached', trainer: 'cached', evaluator: 'cached' });
  });
});
