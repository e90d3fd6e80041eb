/**
 * Exported models, computed by a Python script of this folder.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InferenceGraph } from '../../components/formats/inference-graph.js';
import { EXPORTED_MODELS, exportedModel } from '../rig/exported-models.js';

/**
 * What the script prints of all exported models.
 *
 * @param folder - an empty one
 * @param write - writes a model to a path that nothing is at
 */
export async function computedBy(
  python: string,
  script: string,
  folder: string,
  write: (graph: InferenceGraph, path: string) => void,
): Promise<string> {
  const cases = [];
  for (const [index, name] of EXPORTED_MODELS.entries()) {
    const { graph, inputs, examples, expected } = await exportedModel(name);
    const model = join(folder, String(index));
    write(graph, model);
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
  const path = join(dirname(fileURLToPath(import.meta.url)), script);
  return execFileSync(python, [path, join(folder, 'cases.json')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
