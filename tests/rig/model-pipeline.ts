/**
 * A pipeline that makes models in milliseconds: what its steps write, measure and say is written in its params.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, pipeline } from './cli.js';

const TRAIN = `
import { artifactTypes, defineSpec, output, param } from 'tfjs-pipelines';
import { writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Train', doc: 'Makes a model.',
  outputs: { model: output(artifactTypes.get('Model')!) },
  params: { weights: param.string({ doc: '' }), accuracy: param.number({ doc: '' }) },
});
export const execute = async ({ outputs, params, log, metric }) => {
  log.info('training on ' + params.weights);
  log.warn('few examples');
  metric('accuracy', params.accuracy + 0.05);
  metric('epochs', 3);
  writeFileSync(outputs.model.path + '/weights.txt', params.weights.repeat(1000));
};`;

const JUDGE = `
import { artifactTypes, defineSpec, input, output, param } from 'tfjs-pipelines';
import { writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Judge', doc: 'Blesses a model.',
  inputs: { model: input(artifactTypes.get('Model')!) },
  outputs: { blessing: output(artifactTypes.get('ModelBlessing')!) },
  params: { accuracy: param.number({ doc: '' }) },
});
export const execute = async ({ inputs, outputs, params, metric }) => {
  const blessed = params.accuracy >= 0.8;
  metric('accuracy', params.accuracy);
  outputs.blessing.setProperty('blessed', blessed ? 1 : 0);
  writeFileSync(outputs.blessing.path + '/blessing.json', JSON.stringify({ blessed, model: inputs.model.digest }));
};`;

/** Writes the pipeline `models` into a folder, as `p.yaml`. */
export function writeModelPipeline(folder: string): void {
  writeFileSync(join(folder, 'train.ts'), TRAIN);
  writeFileSync(join(folder, 'judge.ts'), JUDGE);
  writeFileSync(
    join(folder, 'p.yaml'),
    [
      'version: 1',
      'name: models',
      'params: {weights: a, accuracy: 0.9}',
      'nodes:',
      '  train:',
      '    component: ./train.ts',
      '    params: {weights: "${params.weights}", accuracy: "${params.accuracy}"}',
      '  judge:',
      '    component: ./judge.ts',
      '    inputs: {model: train.model}',
      '    params: {accuracy: "${params.accuracy}"}',
    ].join('\n'),
  );
}

/** Runs it; returns the run's number. */
export async function runModelPipeline(folder: string, weights: string, accuracy: number): Promise<number> {
  const set = ['--set', `weights=${weights}`, '--set', `accuracy=${String(accuracy)}`];
  const { status, stdout, stderr } = await pipeline(folder, ['run', 'p.yaml', '--json', ...set]);
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  return Number(events(stdout).find(({ type }) => type === 'run-started')?.['run']);
}

/** The answer of a command in JSON. */
export async function answer(folder: string, args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout, stderr } = await pipeline(folder, [...args, '--json']);
  const [only] = events(stdout);
  if (only === undefined) throw new Error(`no answer of ${args.join(' ')}: ${stderr}`);
  return only;
}
