/**
 * LiteRT's Python package runs what is written. Needs Python with ai-edge-litert 2.3: OFFICIAL_PYTHON names its interpreter.
 */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { encodeTFLite, type TFLiteFile } from '../../components/formats/tflite/tflite.js';
import { EXPORTED_MODELS } from '../rig/exported-models.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { computedBy } from './exported-cases.js';

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
  const files: TFLiteFile[] = [];
  const output = await computedBy(python, 'check_tflite.py', folder, (graph, path) => {
    const file = encodeTFLite(graph);
    files.push(file);
    writeFileSync(path, file.bytes);
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
