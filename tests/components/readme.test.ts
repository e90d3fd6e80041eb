/**
 * The pipelines in the components' READMEs are valid.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { componentFinder } from '../../components/registry.js';
import { loadPipeline } from '../../runner/graph/load-pipeline.js';
import { renderDiagnostic } from '../../runner/source/render-diagnostic.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();
const components = join(dirname(fileURLToPath(import.meta.url)), '../../components');

/** Whole pipelines among the code blocks, with the folder of their README. */
const pipelines = readdirSync(components).flatMap((folder) => {
  const file = join(components, folder, 'README.md');
  if (!existsSync(file)) return [];
  const blocks = readFileSync(file, 'utf8').matchAll(/^```yaml\n(version: [^]*?)^```$/gmu);
  return [...blocks].map(([, text = ''], index) => [`${folder}, ${String(index + 1)}`, text] as const);
});

describe('the pipelines in the READMEs are valid:', () => {
  test.each(pipelines)('%s', async (_, text) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'pipeline.yaml'), text);
    const loaded = await loadPipeline({
      file: 'pipeline.yaml',
      cwd,
      set: [],
      paramsFiles: [],
      env: {},
      components: componentFinder,
    });
    expect(loaded.ok ? [] : loaded.diagnostics.map(renderDiagnostic)).toEqual([]);
  });
});
