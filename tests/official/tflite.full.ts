/**
 * LiteRT's Python package runs what is written. Needs Python with ai-edge-litert 2.3: OFFICIAL_PYTHON names its interpreter.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { encodeTFLite } from '../../components/formats/tflite/tflite.js';
import { EXPORTED_MODELS, exportedModel } from '../rig/exported-models.js';
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

test('LiteRT runs every exported model and computes what TensorFlow.js does', async () => {
  if (python === '') {
    expect(process.env['REQUIRE_ALL_TESTS']).not.toBe('1');
    console.log('skipped: OFFICIAL_PYTHON names no Python with ai-edge-litert');
    return;
  }
  const folder = temporaryFolder();
  const cases = [];
  const files = [];
  for (const [index, name] of EXPORTED_MODELS.entries()) {
    const { graph, inputs, examples, expected } = await exportedModel(name);
    const model = join(folder, `${String(index)}.tflite`);
    const file = encodeTFLite(graph);
    files.push(file);
    writeFileSync(model, file.bytes);
    cases.push({
      model,
      inputs: Object.entries(inputs).map(([input, { values, ...rest }]) => ({
        name: input,
        ...rest,
        values: [...values],
      })),
      output: 'probabilities',
      examples,
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
  expect(checked).toHaveLength(EXPORTED_MODELS.length);
  for (const [index, { single, batch, operators, runtime }] of checked.entries()) {
    const name = EXPORTED_MODELS[index];
    expect([name, single < 2e-6, batch < 2e-6]).toEqual([name, true, true]);
    expect(operators.map((operator) => operator.split(' ')[0])).toEqual(files[index]?.operators);
    expect(runtime).toBe(files[index]?.minimumRuntime);
  }
}, 120_000);
