import { beforeAll, describe, expect, test } from '@jest/globals';
import { pipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { sharedFolder } from '../rig/temp-folder.js';

// One store for all: these commands change nothing.
const folder = sharedFolder();

beforeAll(async () => {
  writeModelPipeline(folder);
  await runModelPipeline(folder, 'a', 0.7);
  await runModelPipeline(folder, 'b', 0.9);
  await runModelPipeline(folder, 'c', 0.8);
  await runModelPipeline(folder, 'b', 0.9);
});

async function listed(...options: readonly string[]): Promise<readonly unknown[]> {
  const { runs } = await answer(folder, ['runs', ...options]);
  return (runs as readonly { run: number }[]).map(({ run }) => run);
}

describe('pipeline runs', () => {
  test('keeps those that a condition holds for, on metrics and params', async () => {
    expect(await listed('--where', 'metrics.accuracy > 0.75')).toEqual([4, 3, 2]);
    expect(await listed('--where', 'metrics.accuracy == 0.7')).toEqual([1]);
    expect(await listed('--where', 'metrics.train.accuracy > 0.9')).toEqual([4, 2]);
    expect(await listed('--where', 'params.weights in ["a", "c"] && metrics.accuracy < 0.8')).toEqual([1]);
    expect(await listed('--where', 'params.weights == "z"')).toEqual([]);
  });

  test('sorts and pages', async () => {
    expect(await listed('--sort', 'metrics.accuracy')).toEqual([1, 3, 4, 2]);
    expect(await listed('--sort', '-params.weights')).toEqual([3, 4, 2, 1]);
    expect(await listed('--limit', '2', '--offset', '1')).toEqual([3, 2]);
    expect(await listed('--sort', 'run', '--limit', '2', '--offset', '1')).toEqual([2, 3]);
    expect((await answer(folder, ['runs', '--where', 'metrics.accuracy > 0.75', '--limit', '1']))['total']).toBe(3);
  });

  test('keeps those of a pipeline and a status', async () => {
    expect(await listed('--pipeline', 'models', '--status', 'complete')).toEqual([4, 3, 2, 1]);
    expect(await listed('--pipeline', 'other')).toEqual([]);
    expect(await listed('--status', 'failed')).toEqual([]);
    expect((await pipeline(folder, ['runs', '--status', 'failed'])).stdout).toBe('no failed run is recorded\n');
  });

  test('shows what was asked for', async () => {
    const { stdout } = await pipeline(folder, [
      'runs',
      '--where',
      'metrics.accuracy >= 0.9',
      '--sort',
      'params.weights',
    ]);
    const [head = '', first = ''] = stdout.split('\n');
    expect(head).toMatch(/metrics\.accuracy +params\.weights/u);
    expect(first).toMatch(/^ *4 +models +complete .* 0\.9 +b +2 cached$/u);
  });

  test.each([
    ['metrics.acuracy > 0.8', /fails for all of 4 runs: .*acuracy\n.*did you mean 'accuracy'\?/u],
    ['metrics.accuracy >', /Unexpected token/u],
    ['model.accuracy > 1', /Unknown variable: model/u],
    ['params.weights', /neither true nor false/u],
    ['metrics.accuracy > "x"', /fails for all/u],
    [`true${' || true'.repeat(600)}`, /longer than|maxAstNodes|limit/iu],
    ['metrics.constructor == 1', /fails for all/u],
  ])('refuses the condition %s', async (where, message) => {
    const { status, stderr, stdout } = await pipeline(folder, ['runs', '--where', where]);
    expect(stderr).toMatch(/^error\[bad-condition\]/u);
    expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([2, '']);
  });

  test('refuses an order that there is not', async () => {
    const { status, stderr } = await pipeline(folder, ['runs', '--sort', 'accuracy']);
    expect(status).toBe(2);
    expect(stderr).toContain('metrics.NAME');
  });
});

describe('pipeline metrics', () => {
  test('puts the runs of a pipeline beside each other', async () => {
    const { stdout } = await pipeline(folder, ['metrics', 'accuracy']);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('models: 4 runs');
    expect(lines[1]).toMatch(/^run +started +state +train\.accuracy +judge\.accuracy$/u);
    expect(lines[2]).toMatch(/^ +4 .* 0\.95 +0\.9$/u);
    expect(lines[5]).toMatch(/^ +1 .* 0\.75 +0\.7$/u);
  });

  test('takes metrics by node, by name, by both, of some runs', async () => {
    const series = async (...names: string[]): Promise<unknown> =>
      (await answer(folder, ['metrics', ...names]))['metrics'];
    expect(await series('judge')).toEqual([{ node: 'judge', metric: 'accuracy' }]);
    expect(await series('train.epochs')).toEqual([{ node: 'train', metric: 'epochs' }]);
    expect(await series()).toHaveLength(3);
    const { runs } = await answer(folder, ['metrics', '--where', 'metrics.accuracy > 0.8', '--limit', '1']);
    expect(runs).toMatchObject([{ run: 4, metrics: { judge: { accuracy: 0.9 }, train: { epochs: 3 } } }]);
  });

  test('names the closest metric where there is none', async () => {
    const { status, stderr } = await pipeline(folder, ['metrics', 'acuracy']);
    expect(status).toBe(2);
    expect(stderr).toContain("did you mean 'accuracy'?");
  });
});

describe('pipeline logs', () => {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /gmu;

  test('prints what a step said, of the latest run or another', async () => {
    const other = await pipeline(folder, ['logs', '1', 'train']);
    expect(other.stdout.replace(time, '')).toBe('info training on a\nwarn few examples\n');
    const tail = await pipeline(folder, ['logs', '3', 'train', '--tail', '1']);
    expect(tail.stdout.replace(time, '')).toBe('warn few examples\n');
    const cached = await pipeline(folder, ['logs', 'train', '--follow']);
    expect(cached.stdout.replace(time, '')).toBe('info training on b\nwarn few examples\n');
    expect(cached.stderr).toContain('this is what it said in run 2');
  });

  test('as JSON, one line a line', async () => {
    const { stdout } = await pipeline(folder, ['logs', '1', 'train', '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { type: 'log-line', run: 1, node: 'train', level: 'info', message: 'training on a' },
      { type: 'log-line', run: 1, node: 'train', level: 'warn', message: 'few examples' },
    ]);
  });

  test.each([
    [['logs', '1', 'tain'], "did you mean 'train'?"],
    [['logs', '9', 'train'], 'there is no run 9'],
    [['logs', 'train', 'judge'], "'train' is no number of a run"],
    [['logs'], "missing required argument 'step'"],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await pipeline(folder, args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  test('a step without words has no log', async () => {
    const { status, stdout, stderr } = await pipeline(folder, ['logs', '1', 'judge']);
    expect([status, stdout, stderr]).toEqual([0, '', 'judge said nothing in run 1\n']);
  });
});
