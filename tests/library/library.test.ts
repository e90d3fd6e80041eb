/**
 * The package as a program uses it: imported by its name, from what was built.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { apiReport } from '../../scripts/api-report.js';
import { pipeline } from '../rig/cli.js';
import { installPackage, runProgram, typeErrors } from '../rig/own-package.js';
import { executed, failingStep, scriptStep, step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A project with a pipeline `p.yaml`. */
function project(
  nodes: Readonly<Record<string, string>> = {
    first: step('first', 'a'),
    second: step('second', 'b', { in: 'first.report' }),
  },
  top: readonly string[] = [],
): string {
  const folder = temporaryFolder();
  installPackage(folder);
  writePipeline(folder, nodes, 'demo', top);
  return folder;
}

/** What a program prints with its last `say(…)`, as data. */
async function said(folder: string, program: string): Promise<unknown> {
  const all = `
    import * as lib from 'tfjs-pipelines';
    const { loadPipeline, plan, run, openStore } = lib;
    const say = (value) => console.log(JSON.stringify(value));
    ${program}`;
  const { status, stdout, stderr } = await runProgram(folder, all);
  if (status !== 0) throw new Error(`${String(status)}: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}

const RUN = `
  const events = [];
  for await (const event of run(await loadPipeline('p.yaml'))) events.push(event);
  say(events.map(({ type, node }) => [type, node].filter(Boolean).join(' ')));`;

describe('a program', () => {
  test('plans, runs and is told all that happens; then everything is cached', async () => {
    const folder = project();
    const planned = "say((await plan(await loadPipeline('p.yaml'))).map(({ node, action }) => node + ' ' + action));";
    expect(await said(folder, planned)).toEqual(['first run', 'second wait']);
    expect(await said(folder, RUN)).toEqual([
      'run-started',
      'step-started first',
      'step-completed first',
      'step-started second',
      'step-completed second',
      'run-ended',
    ]);
    expect(await said(folder, planned)).toEqual(['first cached', 'second cached']);
    expect(await said(folder, RUN)).toEqual(['run-started', 'step-cached first', 'step-cached second', 'run-ended']);
    expect(executed(folder, 'first')).toBe(1);
  });

  test('shares store, cache and logs with the command line', async () => {
    const folder = project({
      first: scriptStep("console.log('hello'); require('fs').writeFileSync(process.argv[1] + '/data', '1')"),
    });
    await said(folder, RUN);
    expect((await pipeline(folder, ['plan', 'p.yaml'])).stdout).toContain('cached');
    expect((await pipeline(folder, ['logs', 'first'])).stdout).toContain('hello');
  });

  test('gets the number and the outcome of the run after its last event, and failures as events', async () => {
    const folder = project({ first: failingStep });
    const program = `
      const running = run(await loadPipeline('p.yaml'), { jobs: 1 });
      let failure;
      for (;;) {
        const { done, value } = await running.next();
        if (done) { say({ ...value, failure }); break; }
        if (value.type === 'step-failed') failure = value.failure.code;
      }`;
    expect(await said(folder, program)).toEqual({
      run: 1,
      outcome: 'failed',
      differing: [],
      failure: 'program-failed',
    });
  });

  test('sets params with values of its own, beside params files', async () => {
    const folder = project(undefined, ['params: {rate: 1, words: [a], name: x}']);
    writeFileSync(join(folder, 'more.yaml'), 'rate: 2\nname: y\n');
    const program = `
      const { params } = await loadPipeline('p.yaml', { set: { rate: 0.5, words: ['b', 'c: d'] }, paramsFiles: ['more.yaml'] });
      say(params);`;
    expect(await said(folder, program)).toEqual({ rate: 0.5, words: ['b', 'c: d'], name: 'y' });
  });

  test('is told all that is wrong with a pipeline, with places', async () => {
    const folder = project({ first: '{component: Comand}', second: '{}' });
    const program =
      "await loadPipeline('p.yaml').catch(({ name, code, diagnostics }) => say({ name, code, diagnostics }));";
    expect(await said(folder, program)).toEqual({
      name: 'PipelineError',
      code: 'invalid-pipeline',
      diagnostics: [
        expect.objectContaining({ code: 'unknown-component', place: expect.objectContaining({ line: 4, column: 22 }) }),
        expect.objectContaining({ code: 'missing-key', place: expect.objectContaining({ line: 5, column: 3 }) }),
      ],
    });
  });

  test.each([
    ["run(p, { only: ['frist'] }).next()", 'unknown-node'],
    ["plan(p, { only: ['first'], exclude: ['first'] })", 'nothing-selected'],
    ["openStore('nowhere')", 'no-store'],
    ['run(p, { jobs: 0 }).next()', 'RangeError'],
    ['plan({ ...p })', 'TypeError'],
    ["loadPipeline('p.yaml', { set: { x: () => 1 } })", 'TypeError'],
  ])('%s is refused', async (call, code) => {
    const program = `const p = await loadPipeline('p.yaml'); await ${call}.then(() => say('done'), (error) => say(error.code ?? error.name));`;
    expect(await said(project(), program)).toBe(code);
  });

  test('stops a run by a signal, or by leaving the loop; what was finished is kept', async () => {
    // It ends only when it is stopped.
    const endless = scriptStep('setInterval(() => {}, 1000)', {}, { after: ['first'] });
    const folder = project({ first: step('first', 'a'), endless });
    const bySignal = `
      const controller = new AbortController();
      const ends = [];
      for await (const event of run(await loadPipeline('p.yaml'), { signal: controller.signal })) {
        if (event.type === 'step-started' && event.node === 'endless') controller.abort();
        if (/stopping|canceled|ended/.test(event.type)) ends.push(event.outcome ?? event.type);
      }
      say(ends);`;
    expect(await said(folder, bySignal)).toEqual(['run-stopping', 'step-canceled', 'canceled']);
    const byLeaving = `
      for await (const event of run(await loadPipeline('p.yaml'))) {
        if (event.type === 'step-started' && event.node === 'endless') break;
      }
      const store = await openStore();
      say(store.runs().map(({ state }) => state));
      store.close();`;
    expect(await said(folder, byLeaving)).toEqual(['CANCELED', 'CANCELED']);
    expect(executed(folder, 'first')).toBe(1);
  });

  test('reads the store: runs, executions, artifacts with their files, lineage', async () => {
    const folder = project();
    await said(folder, RUN);
    const program = `
      const { readFileSync } = await import('node:fs');
      const store = await openStore('.pipeline');
      const [latest] = store.runs({ pipeline: 'demo' });
      const artifacts = store.artifacts({ type: 'File' });
      say({
        run: latest.id,
        nodes: store.executions(latest.id).map(({ execution }) => execution.node),
        texts: artifacts.map((artifact) => readFileSync(store.pathOf(artifact) + '/data', 'utf8')),
        sound: (await store.verify(artifacts[0])).state,
        steps: store.lineage(artifacts[0], { direction: 'up' }).executions.size,
        same: store.artifact(artifacts[0].id).digest === artifacts[0].digest && store.run(latest.id).state,
      });
      store.close();`;
    expect(await said(folder, program)).toEqual({
      run: 1,
      nodes: ['first', 'second'],
      texts: ['ba', 'a'],
      sound: 'sound',
      steps: 2,
      same: 'COMPLETE',
    });
  });

  test('loads, by importing the package, no other package and no executor', async () => {
    const { metafile } = await build({
      entryPoints: ['index.ts'],
      bundle: true,
      write: false,
      outdir: 'out',
      metafile: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const loaded = new Set<string>();
    const visit = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const { path: next, kind } of metafile.inputs[path]?.imports ?? [])
        if (kind === 'import-statement') visit(next);
    };
    visit('index.ts');
    expect(loaded).toContain('runner/library/run.ts');
    const isOwn = /^(node:|index|artifacts\/|components\/|runner\/)/u;
    expect([...loaded].filter((path) => !isOwn.test(path) || path.endsWith('executor.ts'))).toEqual([
      'components/executor.ts',
    ]);
  });
});

/** The model that the Trainer's README builds, and what else its types promise. */
const NET = `${/^```ts\n([^]*?)^```$/mu.exec(readFileSync('components/trainer/README.md', 'utf8'))?.[1] ?? ''}
export const first = ({ tf }: BuildModelInput): number => tf.ones([2, 2]).mul(2).add(1).dataSync()[0] ?? 0;
// @ts-expect-error there is no such operation
export const none = ({ tf }: BuildModelInput): unknown => tf.ones([2, 2]).multiplyBy(2);`;

describe('docs/library.md', () => {
  const snippets = [...readFileSync('docs/library.md', 'utf8').matchAll(/^```ts\n([^]*?)^```$/gmu)].map(
    ([, text = '']) => text,
  );
  const clothes = [
    'version: 1',
    'name: clothes',
    'params: {epochs: 6}',
    `nodes: {trainer: ${step('trainer', 'a')}, greeting: {component: ./greeting.ts}}`,
  ].join('\n');

  test('its programs are typed, and do what they say', async () => {
    const folder = temporaryFolder();
    installPackage(folder);
    const [running = '', reading = '', component = ''] = snippets;
    expect(snippets).toHaveLength(3);
    writeFileSync(join(folder, 'clothes.yaml'), clothes);
    const files = { 'running.ts': running, 'reading.ts': reading, 'greeting.ts': component, 'net.ts': NET };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    expect(typeErrors(Object.keys(files).map((name) => join(folder, name)))).toEqual([]);
    const ran = await runProgram(folder, running);
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain('trainer run\n');
    expect(ran.stdout).toMatch(/greeting took \d+ ms \{ letters: 5 \}/u);
    expect(ran.stdout).toContain('run 1: complete');
    const read = await runProgram(folder, reading);
    expect(read.stderr).toBe('');
    expect(read.stdout).toContain('1 clothes COMPLETE');
    expect(read.stdout).toContain('1 steps led to it');
    writeFileSync(join(folder, 'clothes.yaml'), clothes.replace('Command', 'Comand'));
    const refused = await runProgram(folder, running);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain("4 there is no component 'Comand'");
  });
});

test('docs/api-report.md is current: npm run api writes it', () => {
  expect(readFileSync('docs/api-report.md', 'utf8')).toBe(apiReport(resolve('dist/index.d.ts'), resolve('dist')));
});
