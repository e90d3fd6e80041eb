/**
 * LiteRT's Python package runs what is written. Needs Python with ai-edge-litert 2.3: OFFICIAL_PYTHON names its interpreter.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { encodeTFLite } from '../../components/formats/tflite.js';
import { EXPORTED_LAYERS, exportedModel } from '../rig/exported-models.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const python = process.env['OFFICIAL_PYTHON'] ?? '';

/** What Python says about a file. */
interface Checked {
  readonly single: number;
  readonly batch: number;
  readonly operators: readonly string[];
  readonly runtime: string;
}

test('LiteRT runs every exported layer and computes what TensorFlow.js does', async () => {
  if (python === '') {
    expect(process.env['REQUIRE_ALL_TESTS']).not.toBe('1');
    console.log('skipped: OFFICIAL_PYTHON names no Python with ai-edge-litert');
    return;
  }
  const folder = temporaryFolder();
  const names = Object.keys(EXPORTED_LAYERS);
  const cases = [];
  const files = [];
  for (const [index, name] of names.entries()) {
    const { graph, pixels, examples, expected } = await exportedModel(name);
    const model = join(folder, `${String(index)}.tflite`);
    const file = encodeTFLite(graph);
    files.push(file);
    writeFileSync(model, file.bytes);
    cases.push({
      model,
      input: 'image',
      output: 'probabilities',
      shape: [examples, 8, 8, 3],
      values: [...pixels],
      expected: [...expected],
    });
  }
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  const script = join(dirname(fileURLToPath(import.meta.url)), 'check_tflite.py');
  const output = execFileSync(python, [script, join(folder, 'cases.json')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const checked = JSON.parse(output) as readonly Checked[];
  expect(checked).toHaveLength(names.length);
  for (const [index, { single, batch, operators, runtime }] of checked.entries()) {
    const name = names[index];
    expect([name, single < 2e-6, batch < 2e-6]).toEqual([name, true, true]);
    expect(operators.map((operator) => operator.split(' ')[0])).toEqual(files[index]?.operators);
    expect(runtime).toBe(files[index]?.minimumRuntime);
  }
}, 120_000);
