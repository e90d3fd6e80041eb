import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseYaml } from '../../runner/config/parse-yaml.js';
import { findCycle } from '../../runner/graph/find-cycle.js';
import { loadPipeline } from '../../runner/graph/load-pipeline.js';
import type { PipelineGraph } from '../../runner/graph/pipeline-graph.js';
import { renderDiagnostic } from '../../runner/source/render-diagnostic.js';
import { SourceFile } from '../../runner/source/source-file.js';
import { testComponents } from '../rig/components.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

async function load(
  text: string,
  more: { set?: string[]; params?: string; part?: string; env?: Record<string, string> } = {},
): Promise<PipelineGraph> {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.yaml'), text);
  if (more.params !== undefined) writeFileSync(join(cwd, 'params.yaml'), more.params);
  if (more.part !== undefined) writeFileSync(join(cwd, 'part.yaml'), more.part);
  const loaded = await loadPipeline({
    file: 'p.yaml',
    cwd,
    set: more.set ?? [],
    paramsFiles: more.params === undefined ? [] : ['params.yaml'],
    env: more.env ?? {},
    components: () => testComponents,
  });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(renderDiagnostic).join('\n'));
  return loaded.value;
}

const HEAD = 'version: 1\nname: p\n';
const TRAINING = `${HEAD}params: {epochs: {type: integer, default: 3}}
defaults: {retries: 2, timeout: 1h30m}
nodes:
  trainer:
    component: Train
    inputs: {examples: source.examples}
    params: {epochs: "\${params.epochs}"}
    retries: 0
  source: {component: Source, seed: 7}
`;

describe('loading a pipeline', () => {
  test('gives nodes in the order of their needs, with defaults filled in', async () => {
    const { nodes, params } = await load(TRAINING);
    expect(params).toEqual({ epochs: 3 });
    expect(
      nodes.map(({ name, retries, timeoutMs, seed, params: values }) => ({ name, retries, timeoutMs, seed, values })),
    ).toEqual([
      { name: 'source', retries: 2, timeoutMs: 5_400_000, seed: 7, values: { count: 10 } },
      {
        name: 'trainer',
        retries: 0,
        timeoutMs: 5_400_000,
        seed: 42,
        values: { epochs: 3, loss: 'mse', split: 'train' },
      },
    ]);
  });

  test('an optional input of a fragment that is not given leaves out the inputs that need it, or their node', async () => {
    const part = `inputs: {base: {type: Model, optional: true}}
nodes:
  trainer: {component: Train, inputs: {examples: source.examples, base: inputs.base}, params: {epochs: 1}}
  best: {component: Gather, inputs: {models: [inputs.base, trainer.model]}}
  only: {component: Gather, inputs: {models: [inputs.base]}}
  source: {component: Source}
`;
    const { nodes } = await load(`${HEAD}include: [{file: part.yaml, as: part}]`, { part });
    const byName = new Map(nodes.map((node) => [node.name, node]));
    expect(byName.get('part_trainer')).toMatchObject({
      inputs: { examples: [{ node: 'part_source', output: 'examples' }] },
      when: undefined,
    });
    expect(byName.get('part_trainer')?.inputs).not.toHaveProperty('base');
    expect(byName.get('part_best')?.inputs).toEqual({ models: [{ node: 'part_trainer', output: 'model' }] });
    expect(byName.get('part_only')?.when?.holds({})).toBe(false);
  });

  test('--set wins over a params file, which wins over the default', async () => {
    const epochs = async (more: Parameters<typeof load>[1]): Promise<unknown> =>
      (await load(TRAINING, more)).nodes[1]?.params['epochs'];
    expect(await epochs({ params: 'epochs: 5' })).toBe(5);
    expect(await epochs({ params: 'epochs: 5', set: ['epochs=6', 'epochs=7'] })).toBe(7);
  });

  test('placeholders keep their type alone, become text inside text, and can be escaped', async () => {
    const { nodes } = await load(
      `${HEAD}params: {n: 3, names: [a, b]}\nnodes:\n  run:\n    component: Program\n    env: {MODE: fast, HOME: x}\n    outputs: {report: File}\n    params: {argv: ["n=\${params.n}", "\${env.MODE}\${env.HOME}", "$\${params.n}", "\${outputs.report}/r"]}\n`,
      { env: { HOME: '/h' } },
    );
    expect(nodes[0]?.params['argv']).toEqual(['n=3', 'fast/h', '${params.n}', '${outputs.report}/r']);
    expect(nodes[0]?.env).toEqual({ MODE: 'fast', HOME: '/h' });
  });

  test('files in pipelines/ are found by name, and a value knows its place', async () => {
    const { nodes } = await load(TRAINING);
    const range = nodes[1]?.places.param(['epochs']);
    expect(range?.file.text.slice(range.start, range.end)).toBe('"${params.epochs}"');
  });

  test('a chain of thousands of nodes is put in order, whatever the order in the file', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) =>
      i === 0 ? 'n0: {component: Source}' : `n${String(i)}: {component: Source, after: [n${String(i - 1)}]}`,
    );
    const written = (nodes: readonly string[]): string => `${HEAD}nodes:\n  ${nodes.join('\n  ')}\n`;
    const names = lines.map((_, i) => `n${String(i)}`);
    expect((await load(written(lines))).nodes.map(({ name }) => name)).toEqual(names);
    expect((await load(written(lines.toReversed()))).nodes.map(({ name }) => name)).toEqual(names);
  });

  test('any text is read without an exception, and what is wrong has a place in it', () => {
    const yamlish = fc.array(
      fc.constantFrom(
        'a',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '&x ',
        '*x',
        '"',
        "'",
        '!!t ',
        '|',
        '#',
        '---\n',
        '<<',
        '\t',
        '1e999',
        '\u202e',
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          yamlish.map((parts) => parts.join('')),
        ),
        (text) => {
          const { diagnostics } = parseYaml(new SourceFile('f', text));
          for (const { range } of diagnostics) {
            expect(range?.start ?? -1).toBeGreaterThanOrEqual(0);
            expect(range?.end ?? Infinity).toBeLessThanOrEqual(text.length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([1000, 100_000, 1_000_000])('%i brackets are refused at once', (count) => {
    expect(parseYaml(new SourceFile('f', '['.repeat(count))).diagnostics).toMatchObject([{ code: 'yaml-limit' }]);
  });

  test('a cycle is found exactly when there is one, and is one', () => {
    const range = { file: new SourceFile('', ''), start: 0, end: 0 };
    const graphs = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(graphs, (lists) => {
        const nodes = lists.map((list, i) => ({
          name: String(i),
          edges: list.filter((to) => to < lists.length).map((to) => ({ to: String(to), range })),
        }));
        const reach = (from: string, seen: Set<string>): Set<string> => {
          for (const { to } of nodes[Number(from)]?.edges ?? []) {
            if (!seen.has(to)) reach(to, seen.add(to));
          }
          return seen;
        };
        const cyclic = nodes.some(({ name }) => reach(name, new Set()).has(name));
        const cycle = findCycle(nodes);
        expect(cycle !== undefined).toBe(cyclic);
        cycle?.forEach(({ from, to }, i) => {
          expect(nodes[Number(from)]?.edges.map((edge) => edge.to)).toContain(to);
          expect(cycle[(i + 1) % cycle.length]?.from).toBe(to);
        });
      }),
    );
  });
});
