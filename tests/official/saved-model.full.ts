import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { encodeSavedModel } from '../../components/formats/saved-model.js';
import { EXPORTED_MODELS, exportedModel } from '../rig/exported-models.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const python = process.env['OFFICIAL_TF_PYTHON'] ?? '';

test('TensorFlow loads every exported model and computes what TensorFlow.js does', async () => {
  if (python === '') {
    expect(process.env['REQUIRE_ALL_TESTS']).not.toBe('1');
    console.log('skipped: OFFICIAL_TF_PYTHON names no Python with tensorflow');
    return;
  }
  const folder = temporaryFolder();
  const cases = [];
  for (const [index, name] of EXPORTED_MODELS.entries()) {
    const { graph, inputs, examples, expected } = await exportedModel(name);
    const model = join(folder, String(index));
    mkdirSync(model);
    writeFileSync(join(model, 'saved_model.pb'), encodeSavedModel(graph));
    cases.push({
      model,
      inputs: Object.entries(inputs).map(([input, { values, ...rest }]) => ({
        name: input,
        ...rest,
        values: [...values],
      })),
      examples,
      expected: [...expected],
    });
  }
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  const script = join(dirname(fileURLToPath(import.meta.url)), 'check_saved_model.py');
  const output = execFileSync(python, [script, join(folder, 'cases.json')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const differences = output.trim().split('\n').map(Number);
  expect(differences).toHaveLength(EXPORTED_MODELS.length);
  for (const [index, difference] of differences.entries())
    expect([EXPORTED_MODELS[index], difference < 2e-6]).toEqual([EXPORTED_MODELS[index], true]);
}, 120_000);
