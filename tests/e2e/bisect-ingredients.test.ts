import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { commandHere } from '../rig/command-here.js';
import { answer } from '../rig/model-pipeline.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** A component that measures `score`: 0.9 unless `rule.ts` says that what it reads, and its params, are bad; then 0.4. */
const SCORE = `
import { artifactTypes, defineSpec, input, output, param } from 'tfjs-pipelines';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { isBad } from './rule.js';
const File = artifactTypes.get('File')!;
export const spec = defineSpec({
  name: 'Score', doc: 'Measures.', inputs: { data: input(File) }, outputs: { out: output(File) },
  params: { p: param.integer({ doc: '' }), q: param.integer({ doc: '', default: 0 }) },
});
export const execute = async ({ inputs, outputs, params, metric, baseDir }) => {
  appendFileSync(baseDir + '/count', 'x');
  const data = readFileSync(inputs.data.path + '/data', 'utf8');
  writeFileSync(outputs.out.path + '/data', data + JSON.stringify(params));
  metric('score', isBad(data, params) ? 0.4 : 0.9);
};`;

/** The same, but it reads the data itself. */
const READER = SCORE.replace('inputs: { data: input(File) }, ', '')
  .replace('params: {', "params: { source: param.path({ doc: '' }),")
  .replace("inputs.data.path + '/data'", "baseDir + '/' + params.source");

function rule(folder: string, isBad: string, name = 'isBad'): void {
  const helper = name === 'isBad' ? '' : `const ${name} = (data, p) => ${isBad};\n`;
  const body = name === 'isBad' ? isBad : `${name}(data, p)`;
  writeFileSync(join(folder, 'rule.ts'), `${helper}export const isBad = (data, p) => ${body};\n`);
}

/** Writes the file; a further node in it does not count. */
function file(folder: string, { source = 'in.txt', q = '0' } = {}): void {
  writeFileSync(
    join(folder, 'p.yaml'),
    [
      'version: 1',
      'name: scored',
      `params: {p: 0, other: 0, source: ${source}}`,
      'nodes:',
      '  read: {component: Importer, outputs: {data: File}, params: {source: "${params.source}"}}',
      `  score: {component: ./score.ts, inputs: {data: read.data}, params: {p: "\${params.p}", q: ${q}}}`,
    ].join('\n'),
  );
}

function folderWith(isBad: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'score.ts'), SCORE);
  writeFileSync(join(folder, 'in.txt'), 'old');
  rule(folder, isBad);
  file(folder);
  return folder;
}

async function run(folder: string, ...set: readonly string[]): Promise<void> {
  const { status, stdout } = await pipeline(folder, ['run', 'p.yaml', ...set.flatMap((each) => ['--set', each])]);
  if (status !== 0) throw new Error(stdout);
}

const bisected = (folder: string) => pipeline(folder, ['bisect', '1', '2', '--metric', 'score']);

function executed(folder: string): number {
  return readFileSync(join(folder, 'count'), 'utf8').length;
}

describe('pipeline bisect', () => {
  test('finds code that moved a metric: the old one is run with the new params and data', async () => {
    const folder = folderWith('false');
    await run(folder);
    rule(folder, 'true');
    writeFileSync(join(folder, 'in.txt'), 'new');
    await run(folder, 'p=1', 'other=1');
    const { status, stdout } = await bisected(folder);
    expect(stdout).toContain('4 changes: other, p, in.txt (data), score.ts (code)\n');
    expect(stdout).toContain('score.ts (code) moved it: rule.ts: isBad changed; alone it gives 0.4\n');
    expect(status).toBe(0);
    // Both ends are cached, whatever is on the disk now; two halves and the one alone are not.
    expect(executed(folder)).toBe(2 + 3);
    expect(await answer(folder, ['diff', '1', '2'])).toMatchObject({ metrics: [{ before: 0.9, after: 0.4 }] });
  });

  test('finds data that moved a metric: what was made of the old ones is taken from the store', async () => {
    const folder = folderWith("data === 'new'");
    await run(folder);
    rule(folder, "data === 'new' && p.p < 9", 'judged');
    writeFileSync(join(folder, 'in.txt'), 'new');
    await run(folder, 'p=1');
    const { status, stdout } = await bisected(folder);
    expect(stdout).toMatch(/in\.txt \(data\) moved it: [0-9a-f]{12} → [0-9a-f]{12}; alone it gives 0\.4\n/u);
    expect(status).toBe(0);
  });

  test('finds data and code that moved a metric only together', async () => {
    const folder = folderWith("data === 'worse'");
    await run(folder);
    rule(folder, "data !== 'old'");
    writeFileSync(join(folder, 'in.txt'), 'new');
    await run(folder, 'p=1');
    expect(await answer(folder, ['bisect', '1', '2', '--metric', 'score'])).toMatchObject({
      causes: ['in.txt (data)', 'score.ts (code)'],
      switches: [
        { name: 'p', changes: [{ kind: 'param', before: 0, after: 1 }], requires: [] },
        { name: 'in.txt (data)', changes: [{ kind: 'data', name: 'in.txt' }], requires: [] },
        {
          name: 'score.ts (code)',
          changes: [{ kind: 'code', name: 'score.ts', parts: [{ part: 'rule.ts: isBad', change: 'changed' }] }],
          requires: [],
        },
      ],
    });
    const { stdout } = await bisected(folder);
    expect(stdout).toMatch(
      /these moved it together, and none of them can be left out:\n {2}in\.txt \(data\): \S+ → \S+\n {2}score\.ts \(code\): rule\.ts: isBad changed\n/u,
    );
  });

  test('finds files that a param of the pipeline names, and values that were edited in its file', async () => {
    const folder = folderWith("data === 'new' && p.q === 3");
    writeFileSync(join(folder, 'other.txt'), 'new');
    await run(folder);
    file(folder, { q: '3' });
    await run(folder, 'source=other.txt', 'p=1');
    const { stdout } = await bisected(folder);
    expect(stdout).toContain('3 changes: p, source, score.params.q\n');
    expect(stdout).toContain('left out:\n  source: "in.txt" → "other.txt"\n  score.params.q: 0 → 3\n');
  });

  test('of a step that itself reads data which are gone, tries its code only with the new data', async () => {
    const folder = folderWith('false');
    writeFileSync(join(folder, 'score.ts'), READER);
    writeFileSync(
      join(folder, 'p.yaml'),
      'version: 1\nname: scored\nnodes:\n  score: {component: ./score.ts, params: {source: in.txt, p: 0}}\n',
    );
    await run(folder);
    rule(folder, 'true');
    writeFileSync(join(folder, 'in.txt'), 'new');
    await run(folder);
    const { stdout } = await bisected(folder);
    expect(stdout).toContain('score.ts (code) can be tried only with in.txt (data): in.txt is not what it was\n');
    expect(stdout).toContain(
      'score.ts (code) moved it: rule.ts: isBad changed\nit was tried only with in.txt (data) switched, too\n',
    );
    // Where the code was not kept either, or not as it was, nothing tells them apart.
    const code = join(folder, '.pipeline', 'code');
    const [one = '', other = ''] = readdirSync(code);
    appendFileSync(join(code, one), ' ');
    rmSync(join(code, other));
    mkdirSync(join(code, other));
    const verified = await commandHere(folder, ['verify']);
    expect(verified.status).toBe(1);
    for (const file of [one, other]) {
      expect(verified.stdout).toMatch(
        new RegExp(
          `^user code ${file.slice(0, 12)} of score is damaged\\n.*bisect cannot execute it again.*\\n  moved to \\.pipeline/quarantine/`,
          'mu',
        ),
      );
    }
    expect(verified.stdout).toContain('2 modules of user code damaged or gone; 2 artifacts sound');
    expect([readdirSync(code), (await commandHere(folder, ['verify'])).status]).toEqual([[], 0]);
    const apart = await bisected(folder);
    expect(apart.stdout).toContain(
      'cannot be told apart: score.ts (code) + in.txt (data): in.txt is not what it was, the earlier code of score.ts was kept, but is gone from the store\n',
    );
    expect(apart.stdout).toContain('these moved it, and cannot be told apart:\n');
    expect(apart.status).toBe(0);
    // A store of an older release has no journal: what is missing there was never kept.
    rmSync(join(folder, '.pipeline', 'code.journal'));
    expect((await bisected(folder)).stdout).toContain('the earlier code of score.ts was never kept in this store\n');
    const again = await commandHere(folder, ['verify']);
    expect([again.status, again.stdout]).toEqual([
      0,
      expect.stringContaining('\n2 modules of user code never kept here: bisect cannot execute it again\n'),
    ]);
  });

  test('tells of code that was kept and has gone, once', async () => {
    const folder = folderWith('false');
    await run(folder);
    rmSync(join(folder, '.pipeline', 'code'), { recursive: true });
    const [first, second] = [await commandHere(folder, ['verify']), await commandHere(folder, ['verify'])];
    expect([first.status, second.status]).toEqual([1, 0]);
    expect(first.stdout).toMatch(/^user code [0-9a-f]{12} of score was kept, and is gone\n/mu);
    expect(second.stdout).not.toContain('user code');
  });

  test('runs both old and new code when the file is another one by now', async () => {
    const folder = folderWith('p.p === 0 ? false : false');
    await run(folder);
    rule(folder, 'p.p === 1');
    await run(folder, 'p=1');
    rule(folder, 'broken(');
    const broken = await bisected(folder);
    expect(broken.status).toBe(2);
    rule(folder, 'data.length > 100');
    const { stdout } = await bisected(folder);
    expect(stdout).toContain('left out:\n  p: 0 → 1\n  score.ts (code): rule.ts: isBad changed\n');
  });

  test('passes by mixtures that fail', async () => {
    const folder = folderWith('false');
    await run(folder);
    // The old code does not take the new param; the new one is bad with it.
    writeFileSync(
      join(folder, 'rule.ts'),
      'export const isBad = (data, p) => { if (p.p === 1) throw new Error("p is 1"); return false; };',
    );
    rmSync(join(folder, '.pipeline'), { recursive: true });
    await run(folder);
    rule(folder, 'p.p === 1');
    await run(folder, 'p=1', 'other=1');
    const { status, stdout } = await bisected(folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/run \d+: score failed: p is 1: other, p as in run 2\n/u);
    expect(stdout).toContain('left out:\n  p: 0 → 1\n  score.ts (code): rule.ts: isBad changed\n');
    expect(stdout).toContain('2 mixtures failed and told nothing\n');
  });

  test('mixes what instances of a node and repeated runs are made of', async () => {
    const folder = folderWith('p.q === 3');
    const write = (q: number): void => {
      const score = {
        component: './score.ts',
        for_each: { p: [0, 1] },
        inputs: { data: 'read.data' },
        params: { p: '${each.p}', q },
      };
      const read = { component: 'Importer', outputs: { data: 'File' }, params: { source: 'in.txt' } };
      writeFileSync(join(folder, 'p.yaml'), JSON.stringify({ version: 1, name: 'scored', nodes: { read, score } }));
    };
    write(0);
    await run(folder);
    // Neither of these executes anything.
    await run(folder);
    await run(folder);
    writeFileSync(join(folder, 'in.txt'), 'new');
    write(3);
    await run(folder);
    const { stdout } = await pipeline(folder, ['bisect', '3', '4', '--metric', 'score[1].score']);
    expect(stdout).toContain('2 changes: in.txt (data), score.params.q\n');
    expect(stdout).toContain('score.params.q moved it: 0 → 3; alone it gives 0.4\n');
  });

  test('a param that came with the code goes with it', async () => {
    const folder = folderWith('p.r === 5');
    await run(folder);
    writeFileSync(
      join(folder, 'score.ts'),
      SCORE.replace('params: {', "params: { r: param.integer({ doc: '', default: 5 }),"),
    );
    await run(folder, 'p=1');
    const { stdout } = await bisected(folder);
    expect(stdout).toContain('2 changes: p, score.ts (code)\n');
    expect(stdout).toContain('score.ts (code) moved it: score.ts: spec changed; alone it gives 0.4\n');
    expect(executed(folder)).toBe(2 + 2);
  });

  test('mixes what a Resolver found, whatever it would find now', async () => {
    const folder = folderWith("data === 'new'");
    const make = async (data: string): Promise<void> => {
      writeFileSync(join(folder, 'in.txt'), data);
      const source = { component: 'Importer', outputs: { data: 'File' }, params: { source: 'in.txt' } };
      writeFileSync(join(folder, 'make.yaml'), JSON.stringify({ version: 1, name: 'make', nodes: { source } }));
      expect((await pipeline(folder, ['run', 'make.yaml'])).status).toBe(0);
    };
    writeFileSync(
      join(folder, 'p.yaml'),
      JSON.stringify({
        version: 1,
        name: 'scored',
        params: { p: 0 },
        nodes: {
          latest: { component: 'Resolver', outputs: { data: 'File' }, params: { pipeline: 'make' } },
          score: { component: './score.ts', inputs: { data: 'latest.data' }, params: { p: '${params.p}' } },
        },
      }),
    );
    await make('old');
    await run(folder);
    await make('new');
    await run(folder, 'p=1');
    await make('newest');
    const { stdout } = await pipeline(folder, ['bisect', '2', '4', '--metric', 'score']);
    expect(stdout).toContain('2 changes: p, what latest found (data)\n');
    expect(stdout).toMatch(/what latest found \(data\) moved it: \S+ → \S+; alone it gives 0\.4\n/u);
  });

  test('switches inputs that were rewired, and says when they came from a node that is gone', async () => {
    const folder = folderWith("data === 'new'");
    writeFileSync(join(folder, 'other.txt'), 'new');
    await run(folder);
    const text = readFileSync(join(folder, 'p.yaml'), 'utf8');
    const other = '  other: {component: Importer, outputs: {data: File}, params: {source: other.txt}}';
    writeFileSync(join(folder, 'p.yaml'), `${text.replace('read.data', 'other.data')}\n${other}\n`);
    await run(folder);
    await run(folder, 'p=1');
    const found = await pipeline(folder, ['bisect', '1', '3', '--metric', 'score']);
    expect(found.stdout).toContain('2 changes: p, score.inputs\n');
    expect(found.stdout).toContain(
      'score.inputs moved it: {"data":["read.data"]} → {"data":["other.data"]}; alone it gives 0.4\n',
    );
    expect(found.status).toBe(0);
    const now = readFileSync(join(folder, 'p.yaml'), 'utf8');
    writeFileSync(join(folder, 'p.yaml'), now.replace(/^ {2}read: .*\n/mu, ''));
    const { status, stdout } = await pipeline(folder, ['bisect', '1', '3', '--metric', 'score']);
    expect(status).toBe(1);
    expect(stdout).toContain('these changes do not tell: with all of them as in run 1');
    expect(stdout).toContain('next: pipeline diff 1 3\n');
  });

  test('says what is gone when an end can be had no more', async () => {
    const folder = folderWith("data === 'new'");
    await run(folder);
    writeFileSync(join(folder, 'in.txt'), 'new');
    await run(folder, 'p=1');
    await pipeline(folder, ['gc', '--keep-last', '1']);
    const { status, stderr } = await bisected(folder);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'read failed: no earlier run has made what is needed of it, and in.txt is not what it was',
    );
  });

  test('mixes what a Trainer is made of: a function that builds a model, and the table before ExampleGen', async () => {
    const folder = temporaryFolder();
    const net = (start: string): string => `
      const weights = (tf, seed) => ${start};
      export function build({ tf, inputShape, classes, seed }) {
        const kernelInitializer = weights(tf, seed);
        const input = tf.input({ shape: inputShape });
        const outputs = tf.layers.dense({ units: classes.length, activation: 'softmax', kernelInitializer }).apply(input);
        return tf.model({ inputs: input, outputs });
      }`;
    const table = (step: number): string =>
      [
        'x,place',
        ...Array.from({ length: 60 }, (_, row) => `${String((row - 30) * step)},${row < 30 ? 'a' : 'b'}`),
      ].join('\n');
    writeFileSync(
      join(folder, 'p.yaml'),
      `version: 1
name: points
nodes:
  examples:
    component: ExampleGen
    params: { source: { csv: { path: points.csv, label: place } }, split: { train: 4, eval: 1 } }
  trainer:
    component: Trainer
    inputs: { examples: examples.examples }
    params: { epochs: 1, optimizer: { SGD: { learning_rate: 0.0001 } }, model: { build: net.ts#build } }
`,
    );
    writeFileSync(join(folder, 'points.csv'), table(0.1));
    writeFileSync(join(folder, 'net.ts'), net('tf.initializers.zeros()'));
    await run(folder);
    writeFileSync(join(folder, 'points.csv'), table(0.11));
    writeFileSync(join(folder, 'net.ts'), net('tf.initializers.randomNormal({ seed, stddev: 5 })'));
    await run(folder);
    const { status, stdout } = await pipeline(folder, ['bisect', '1', '2', '--metric', 'val_loss']);
    expect(stdout).toMatch(/net\.ts \(code\) moved it: net\.ts: weights changed; alone it gives/u);
    expect(status).toBe(0);
  });
});
