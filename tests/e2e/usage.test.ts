/**
 * Commands that are used wrongly: each says what to do instead.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commandHere } from '../rig/command-here.js';
import { step, writePipeline } from '../rig/steps.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

describe('a command that is used wrongly', () => {
  test.each([
    [['run'], "missing required argument 'file'", "'pipeline run --help' tells how it is used"],
    [['run', 'p.yaml', '--jobs', '0'], 'whole number of at least 1', "'pipeline run --help'"],
    [['runn', 'p.yaml'], "unknown command 'runn'", 'did you mean one of run, runs?'],
    [['run', 'p.yaml', '--sett', 'a=1'], "unknown option '--sett'", 'did you mean --set?'],
    [['help', 'runn'], "there is no command 'runn'", "did you mean 'run'?"],
    [['validate', 'pp.yaml'], 'there is no file pp.yaml', "did you mean 'p.yaml'?"],
    [['validate', 'p.yml'], 'there is no file p.yml', "did you mean 'p.yaml'?"],
    [['validate', 'nowhere.yaml'], 'there is no file nowhere.yaml', 'files in pipelines/ are found by name'],
    [['import', 'no.tar.gz'], 'there is no archive', 'no.tar.gz'],
  ])('%j', async (args, says, hint) => {
    const folder = temporaryFolder();
    writePipeline(folder, { a: step('a', 'x') });
    const { status, stdout, stderr } = await commandHere(folder, args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(stderr).toContain(hint);
  });

  test('help of a command is given', async () => {
    const { status, stdout } = await commandHere(temporaryFolder(), ['help', 'run']);
    expect([status, stdout.split('\n')[0]]).toEqual([0, 'Usage: pipeline run [options] <file>']);
  });
});

test('a component whose file or export is missing says which', async () => {
  const folder = temporaryFolder();
  writePipeline(folder, { a: '{component: ./mine.ts}' });
  expect((await commandHere(folder, ['validate', 'p.yaml'])).stderr).toContain(
    `error[bad-component]: there is no file ${join(folder, 'mine.ts')}`,
  );
  writeFileSync(join(folder, 'mine.ts'), 'export const spec = 1;');
  const { stderr } = await commandHere(folder, ['validate', 'p.yaml']);
  expect(stderr).toContain("mine.ts cannot be loaded: it has no export 'execute'");
  const imports = "import { a } from './near.js';\nimport { b } from '@far/away/part';\nexport const spec = a(b);";
  writeFileSync(join(folder, 'mine.ts'), `${imports}\nexport const execute = 1;`);
  const missing = (await commandHere(folder, ['validate', 'p.yaml'])).stderr;
  expect(missing).toContain("mine.ts:1:19: there is no file './near.js'");
  expect(missing).toContain("; mine.ts:2:19: the package '@far/away' is not installed");
  expect(missing).toContain('help: npm install @far/away');
});

test('a split that the examples are known not to have is told before anything runs', async () => {
  const folder = temporaryFolder();
  const layers = [{ Dense: { units: 2, activation: 'softmax' } }];
  const train = { component: 'Trainer', inputs: { examples: 'examples.examples' }, params: { model: { layers } } };
  const transform = (params: string, from = 'examples'): string =>
    `{component: Transform, inputs: {examples: ${from}.examples}, params: ${params}}`;
  writePipeline(folder, {
    examples: '{component: ExampleGen, params: {source: {csv: {path: t.csv}}, split: {train: 8, test: 2}}}',
    trainer: JSON.stringify({ ...train, params: { ...train.params, eval_split: 'eval' } }),
    evaluator:
      '{component: Evaluator, inputs: {examples: examples.examples, model: trainer.model}, params: {split: tset}}',
    named: transform('{analyze_split: tain}'),
    untrained: '{component: ExampleGen, params: {source: {csv: {path: t.csv}}, split: {a: 1, b: 1}}}',
    needed: transform('{features: {x: [standardize]}}', 'untrained'),
    unneeded: transform('{features: {x: [{standardize: {mean: [0], variance: [1]}}]}}', 'untrained'),
  });
  const { status, stderr } = await commandHere(folder, ['validate', 'p.yaml']);
  expect(status).toBe(2);
  expect(stderr).toContain("params.eval_split: examples.examples has no split 'eval'");
  expect(stderr).toContain("params.split: examples.examples has no split 'tset'");
  expect(stderr).toContain("did you mean 'test'?");
  expect(stderr).toContain("params.analyze_split: examples.examples has no split 'tain'");
  // The default, where a statistic is taken from it; and only there.
  expect(stderr).toContain("params.analyze_split: untrained.examples has no split 'train'");
  expect(stderr).toContain('4 errors; nothing was executed');
});
