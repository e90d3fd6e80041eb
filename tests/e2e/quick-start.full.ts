/**
 * The pipeline that the quick start runs, whole, with every step executed twice.
 */
import { cpSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { events, pipeline } from '../rig/cli.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A search and a training, both twice, on a machine that may be busy. */
const TIMEOUT_MS = 3_600_000;

test(
  'the quick start makes the same bytes when it is executed again, its search too',
  async () => {
    const folder = temporaryFolder();
    cpSync(resolve('pipelines'), folder, { recursive: true });
    const { status, stdout, stderr } = await pipeline(folder, [
      'run',
      'fashion-mnist.yaml',
      '--check-determinism',
      '--json',
    ]);
    const checked = events(stdout).filter(({ type }) => type === 'step-checked');
    expect(Object.fromEntries(checked.map(({ node, verdict }) => [node, verdict]))).toEqual({
      examples: 'same',
      transform: 'same',
      tuner: 'same',
      trainer: 'same',
      evaluator: 'same',
      tflite: 'same',
      // It has effects outside the store.
      pusher: 'passed over',
    });
    expect([status, stderr]).toEqual([0, '']);
  },
  TIMEOUT_MS,
);
