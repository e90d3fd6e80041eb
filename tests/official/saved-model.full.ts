import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { encodeSavedModel } from '../../components/formats/saved-model.js';
import { EXPORTED_MODELS } from '../rig/exported-models.js';
import { temporaryFolders } from '../rig/temp-folder.js';
import { computedBy } from './exported-cases.js';

const temporaryFolder = temporaryFolders();
const python = process.env['OFFICIAL_TF_PYTHON'] ?? '';

test('TensorFlow loads every exported model and computes what TensorFlow.js does', async () => {
  if (python === '') {
    expect(process.env['REQUIRE_ALL_TESTS']).not.toBe('1');
    console.log('skipped: OFFICIAL_TF_PYTHON names no Python with tensorflow');
    return;
  }
  const folder = temporaryFolder();
  const output = await computedBy(python, 'check_saved_model.py', folder, (graph, path) => {
    mkdirSync(path);
    writeFileSync(join(path, 'saved_model.pb'), encodeSavedModel(graph));
  });
  const differences = output.trim().split('\n').map(Number);
  expect(differences).toHaveLength(EXPORTED_MODELS.length);
  for (const [index, difference] of differences.entries())
    expect([EXPORTED_MODELS[index], difference < 2e-6]).toEqual([EXPORTED_MODELS[index], true]);
}, 120_000);
