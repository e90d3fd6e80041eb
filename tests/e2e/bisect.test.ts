import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { answer } from '../rig/model-pipeline.js';
import { expectRefused } from '../rig/refused.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/**
 * A pipeline whose step measures `score`, 0.9 unless an expression over its params `p` holds; then 0.4.
 *
 * @param isInvalid - another one, over what makes the pipeline invalid
 */
function folderWith(isBad: string, isInvalid = 'false'): string {
  const folder = temporaryFolder();
  const params = NAMES.map((name) => `${name}: param.integer({ doc: '' })`).join(', ');
  writeFileSync(
    join(folder, 'score.ts'),
    `import { artifactTypes, defineSpec, output, param } from 'tfjs-pipelines';
import { appendFileSync, writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Score', doc: 'Measures.', outputs: { out: output(artifactTypes.get('File')!) }, params: { ${params} },
  check: (p) => (${isInvalid}) ? [{ code: 'not-allowed', path: ['a'], atKey: false, message: 'a and b differ' }] : [],
});
export const execute = async ({ outputs, params: p, metric, baseDir }) => {
  appendFileSync(baseDir + '/count', 'x');
  writeFileSync(outputs.out.path + '/data', JSON.stringify(p));
  metric('score', (${isBad}) ? 0.4 : 0.9);
};`,
  );
  const refer = NAMES.map((name) => `${name}: "\${params.${name}}"`).join(', ');
  writeFileSync(
    join(folder, 'p.yaml'),
    [
      'version: 1',
      'name: scored',
      `params: {${NAMES.map((name) => `${name}: 0`).join(', ')}}`,
      'nodes:',
      `  score: {component: ./score.ts, params: {${refer}}}`,
      '  after:',
      '    component: Command',
      '    inputs: {score: score.out}',
      '    outputs: {report: File}',
      `    params: {argv: ["${process.execPath}", -e, "require('fs').appendFileSync('after.count', 'x'); require('fs').writeFileSync(process.argv[1] + '/data', '')", "\${outputs.report}"]}`,
    ].join('\n'),
  );
  return folder;
}

async function run(folder: string, values: Readonly<Record<string, number>>): Promise<void> {
  const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${String(value)}`]);
  const { status, stderr } = await pipeline(folder, ['run', 'p.yaml', ...set]);
  if (status !== 0) throw new Error(stderr);
}

const ALL = Object.fromEntries(NAMES.map((name) => [name, 1]));

function counted(folder: string, file: string): number {
  return readFileSync(join(folder, file), 'utf8').length;
}

describe('pipeline bisect', () => {
  test('finds the param that moved a metric, in few runs, without what comes after it', async () => {
    const folder = folderWith('p.f === 1');
    await run(folder, {});
    await run(folder, ALL);
    const { status, stdout } = await pipeline(folder, ['bisect', '1', '2', '--metric', 'score']);
    expect(status).toBe(0);
    expect(stdout).toContain('score.score: 0.9 in run 1, 0.4 in run 2\n8 changes: a, b, c, d, e, f, g, h\n');
    expect(stdout).toContain('f moved it: 0 → 1; alone it gives 0.4');
    // Both ends are cached; three halves, and the one alone.
    expect(counted(folder, 'count')).toBe(2 + 4);
    expect(counted(folder, 'after.count')).toBe(2);
  });

  test('names all changes that it takes together', async () => {
    const folder = folderWith('p.b === 1 && p.g === 1');
    await run(folder, {});
    await run(folder, ALL);
    expect(await answer(folder, ['bisect', '1', '2', '--metric', 'score.score'])).toMatchObject({
      type: 'bisection',
      node: 'score',
      good: { run: 1, value: 0.9 },
      bad: { run: 2, value: 0.4 },
      switches: NAMES.map((name) => ({ name, changes: [{ kind: 'param', name, before: 0, after: 1, parts: [] }] })),
      causes: ['b', 'g'],
    });
    const { stdout } = await pipeline(folder, ['bisect', '1', '2', '--metric', 'score']);
    expect(stdout).toContain('these moved it together, and none of them can be left out:\n  b: 0 → 1\n  g: 0 → 1\n');
  });

  test('passes by mixtures that make the pipeline invalid, and tells them', async () => {
    const folder = folderWith('p.b === 1', 'p.a !== p.b');
    await run(folder, {});
    await run(folder, ALL);
    const { status, stdout, stderr } = await pipeline(folder, ['bisect', '1', '2', '--metric', 'score']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('  not run: the pipeline is invalid so: params.a: a and b differ: a as in run 2\n');
    expect(stdout).toContain(
      'none of them can be left out:\n  a: 0 → 1\n  b: 0 → 1\n2 mixtures could not be run, and told nothing\n',
    );
    // With the params of one of the runs themselves, there is nothing to begin with.
    writeFileSync(
      join(folder, 'score.ts'),
      readFileSync(join(folder, 'score.ts'), 'utf8').replace('p.a !== p.b', 'p.a === 1'),
    );
    expect((await pipeline(folder, ['bisect', '1', '2', '--metric', 'score'])).status).toBe(2);
  });

  test('refuses what it cannot compare', async () => {
    const folder = folderWith('p.a === 1');
    await run(folder, {});
    await run(folder, {});
    await run(folder, { a: 1 });
    await expectRefused(folder, ['bisect', '1', '2', '--metric', 'score'], 'no-difference', 'is 0.9 in both runs');
    await expectRefused(folder, ['bisect', '1', '3', '--metric', 'scrore'], 'no-metric', "did you mean 'score'");
    await expectRefused(folder, ['bisect', '1', '9', '--metric', 'score'], 'no-run');
    await expectRefused(folder, ['bisect', '1', '3'], 'usage');
  });
});
