/**
 * Bad pipeline files and the exact messages they give. `UPDATE_GOLDEN=1` writes the messages anew: read the difference.
 */
import { readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadPipeline } from '../runner/graph/load-pipeline.js';
import { DIAGNOSTIC_CODES } from '../runner/source/diagnostic-codes.js';
import { renderDiagnostic } from '../runner/source/render-diagnostic.js';
import { testComponents } from './rig/components.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'golden');
const cases = readdirSync(folder).sort();

async function messages(name: string): Promise<string> {
  const cwd = join(folder, name);
  const argumentsFile = join(cwd, 'set.txt');
  const set = existsSync(argumentsFile) ? readFileSync(argumentsFile, 'utf8').trim().split('\n') : [];
  const loaded = await loadPipeline({
    file: 'pipeline.yaml',
    cwd,
    set,
    paramsFiles: [],
    env: {},
    components: () => testComponents,
  });
  return loaded.ok ? 'no fault was found\n' : `${loaded.diagnostics.map(renderDiagnostic).join('\n\n')}\n`;
}

describe('a bad pipeline file gives exactly these messages:', () => {
  test.each(cases)('%s', async (name) => {
    const actual = await messages(name);
    const expected = join(folder, name, 'expected.txt');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, actual);
    expect(actual).toBe(readFileSync(expected, 'utf8'));
    expect(actual).not.toContain('no fault was found');
  });

  test('every code is covered', () => {
    const all = cases.map((name) => readFileSync(join(folder, name, 'expected.txt'), 'utf8')).join('\n');
    const covered = new Set([...all.matchAll(/^error\[([a-z-]+)\]/gmu)].map(([, code]) => code));
    expect(Object.keys(DIAGNOSTIC_CODES).filter((code) => !covered.has(code))).toEqual([]);
  });
});
