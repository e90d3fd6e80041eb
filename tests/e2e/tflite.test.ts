import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { loadLiteModel } from '../../components/tensorflow/litert.js';
import type { Conversion } from '../../components/formats/conversion.js';
import { pipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Pictures of two colours, no two of one size, and a pipeline that learns to tell them apart. */
async function project(folder: string, layers: readonly unknown[]): Promise<void> {
  for (const [name, background] of Object.entries({ red: '#e02020', blue: '#2020e0' })) {
    mkdirSync(join(folder, 'colours', name), { recursive: true });
    for (let index = 0; index < 12; index++) {
      const picture = sharp({ create: { width: 5 + index, height: 4 + index, channels: 3, background } });
      writeFileSync(join(folder, 'colours', name, `${String(index)}.png`), await picture.png().toBuffer());
    }
  }
  const nodes = {
    examples: {
      component: 'ExampleGen',
      params: { source: { images: { path: 'colours' } }, split: { train: 2, eval: 1 } },
    },
    transform: {
      component: 'Transform',
      inputs: { examples: 'examples.examples' },
      params: { features: { image: [{ decode: { height: 4, width: 4, channels: 3 } }, { scale: { to: [-1, 1] } }] } },
    },
    trainer: {
      component: 'Trainer',
      inputs: { examples: 'examples.examples', transform_graph: 'transform.transform_graph' },
      params: { epochs: 2, batch_size: 4, model: { layers } },
    },
    tflite: {
      component: 'TFLiteConverter',
      inputs: { model: 'trainer.model', examples: 'examples.examples' },
      params: { split: 'train', compare: 10 },
    },
  };
  writeFileSync(join(folder, 'p.yaml'), JSON.stringify({ version: 1, name: 'colours', nodes }));
}

/** Files of that name in the store. */
function stored(folder: string, name: string): readonly string[] {
  const artifacts = join(folder, '.pipeline/artifacts');
  return readdirSync(artifacts, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(`/${name}`))
    .map((path) => join(artifacts, path));
}

describe('TFLiteConverter in a pipeline', () => {
  test('converts a model of pictures, which then takes their pixels, and is cached', async () => {
    const folder = temporaryFolder();
    await project(folder, [
      { Conv2D: { filters: 2, kernel_size: 3 } },
      'BatchNormalization',
      'ReLU',
      'Flatten',
      { Dense: { units: 2, activation: 'softmax' } },
    ]);
    const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    expect(stdout).toMatch(/tflite +max_difference +\S*(e-\d+|0)\n/u);
    const [description = ''] = stored(folder, 'conversion.json');
    const conversion = JSON.parse(readFileSync(description, 'utf8')) as Conversion;
    expect(conversion).toMatchObject({
      operators: ['CAST', 'MUL', 'ADD', 'CONV_2D', 'RESHAPE', 'FULLY_CONNECTED', 'SOFTMAX'],
      inputs: [{ name: 'image', dtype: 'uint8', shape: [1, 4, 4, 3] }],
      comparison: { examples: 10, split: 'train', agreement: 1 },
    });
    expect(stored(folder, 'saved_model.pb')).toHaveLength(1);
    const model = await loadLiteModel(readFileSync(join(description, '../model.tflite')));
    const outputs = await model.run([new Uint8Array(48).fill(200)]);
    model.dispose();
    expect(outputs.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    const again = await pipeline(folder, ['run', 'p.yaml']);
    expect(again.stdout).toContain('4 cached');
  });

  test('a model that cannot be converted fails the step with one clear message', async () => {
    const folder = temporaryFolder();
    await project(folder, [
      'Flatten',
      { Dense: { units: 2, activation: 'softsign' } },
      { Activation: { activation: 'softmax' } },
    ]);
    const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml']);
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toContain("the activation 'softsign' of layer");
    expect(stored(folder, 'model.tflite')).toEqual([]);
    expect(stored(folder, 'model.json')).toHaveLength(1);
  });
});
