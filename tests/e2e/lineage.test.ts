import { beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { pipeline } from '../rig/cli.js';
import { answer, runModelPipeline, writeModelPipeline } from '../rig/model-pipeline.js';
import { RUN_EVENT_SCHEMA } from '../rig/openlineage-schema.js';
import { expectRefused } from '../rig/refused.js';
import { makeWritable, sharedFolder } from '../rig/temp-folder.js';

const TRAIN = `
import { artifactTypes, defineSpec, output } from 'tfjs-pipelines';
import { mkdirSync, writeFileSync } from 'node:fs';
export const spec = defineSpec({
  name: 'Train', doc: 'Makes a model.', outputs: { model: output(artifactTypes.get('Model')!) },
});
export const execute = async ({ outputs }) => {
  mkdirSync(outputs.model.path + '/Format-TFJS');
  for (const name of ['Format-TFJS/model.json', 'Format-TFJS/weights.bin', 'model_info.json', 'transform_graph.json']) {
    writeFileSync(outputs.model.path + '/' + name, 'content of ' + name);
  }
};`;

const PUSHED = `
version: 1
name: pushed
nodes:
  train: {component: ./push-train.ts}
  push:
    component: Pusher
    inputs: {model: train.model}
    params: {destination: {filesystem: {base_directory: served}}}`;

// One store for all: the command changes nothing.
const folder = sharedFolder();

interface Found {
  readonly root: number;
  readonly artifacts: readonly { readonly artifact: number; readonly type: string; readonly digest: string }[];
  readonly found?: { readonly files: number; readonly matching: number };
}

async function lineage(name: string, ...more: readonly string[]): Promise<Found> {
  return (await answer(folder, ['lineage', name, ...more])) as unknown as Found;
}

async function digestOf(name: string): Promise<string> {
  const { root, artifacts } = await lineage(name);
  return artifacts.find(({ artifact }) => artifact === root)?.digest ?? '';
}

beforeAll(async () => {
  writeModelPipeline(folder);
  await runModelPipeline(folder, 'first', 0.9);
  await runModelPipeline(folder, 'second', 0.9);
  writeFileSync(join(folder, 'push-train.ts'), TRAIN);
  writeFileSync(join(folder, 'push.yaml'), PUSHED);
  const { status, stderr } = await pipeline(folder, ['run', 'push.yaml']);
  if (status !== 0) throw new Error(stderr);
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere', 'copied.txt'), 'first'.repeat(1000));
});

describe('pipeline lineage', () => {
  test('finds an artifact by a file anywhere that is a copy of one of its own', async () => {
    const first = await digestOf('1:train.model');
    expect(await digestOf('elsewhere/copied.txt')).toBe(first);
    expect(await digestOf(join(folder, 'elsewhere'))).toBe(first);
    expect((await lineage('elsewhere/copied.txt')).found).toMatchObject({ files: 1, matching: 1 });
  });

  test('finds it by a path in the store', async () => {
    const second = await digestOf('2:train.model');
    for (const path of [second, `${second}/weights.txt`, `${second}.manifest.json`]) {
      expect(await digestOf(`.pipeline/artifacts/${path}`)).toBe(second);
    }
  });

  test('finds the model of a pushed version, by all of its files or by some', async () => {
    const model = await digestOf('3:train.model');
    expect(await digestOf('served/1')).toBe(model);
    expect(await digestOf('served/1/tfjs/weights.bin')).toBe(model);
    const changed = join(folder, 'changed');
    cpSync(join(folder, 'served', '1'), changed, { recursive: true });
    makeWritable(changed);
    rmSync(join(changed, 'tfjs', 'weights.bin'));
    writeFileSync(join(changed, 'tfjs', 'weights.bin'), 'other');
    const { stdout, stderr } = await pipeline(folder, ['lineage', 'changed']);
    expect(stdout).toContain(model.slice(0, 12));
    expect(stderr).toBe('3 of 4 files are of this artifact\n');
    // Of another store: what it has in common with a model of this one tells nothing.
    const record = JSON.parse(readFileSync(join(changed, 'pipeline.json'), 'utf8')) as object;
    rmSync(join(changed, 'pipeline.json'));
    writeFileSync(join(changed, 'pipeline.json'), JSON.stringify({ ...record, model: 'f'.repeat(64) }));
    await expectRefused(folder, ['lineage', 'changed'], 'no-artifact', 'was pushed from model ffffffffffff');
  });

  test('refuses files that no artifact holds', async () => {
    appendFileSync(join(folder, 'elsewhere', 'other.bin'), 'never seen');
    await expectRefused(folder, ['lineage', 'elsewhere/other.bin'], 'no-artifact', 'no artifact of this store holds');
    await expectRefused(folder, ['lineage', './nowhere'], 'no-artifact', "there is no artifact './nowhere'");
  });

  test('speaks OpenLineage', async () => {
    const { status, stdout } = await pipeline(folder, ['lineage', '1:judge.blessing', '--format', 'openlineage']);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const validate = new Ajv().compile(RUN_EVENT_SCHEMA);
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const event of events) expect([validate(event), validate.errors]).toEqual([true, null]);
    const train = {
      name: 'models/train.model',
      facets: { version: { datasetVersion: await digestOf('1:train.model') } },
    };
    expect(events).toMatchObject([
      { eventType: 'START', job: { name: 'models.train' }, inputs: [], outputs: [] },
      { eventType: 'COMPLETE', job: { name: 'models.train' }, outputs: [train] },
      { eventType: 'START', job: { name: 'models.judge' }, inputs: [train], outputs: [] },
      {
        eventType: 'COMPLETE',
        job: { name: 'models.judge' },
        inputs: [train],
        outputs: [{ name: 'models/judge.blessing' }],
      },
    ]);
    const [trainStart, trainEnd, judgeStart] = events as unknown as [EventRun, EventRun, EventRun];
    expect(trainEnd.run.runId).toBe(trainStart.run.runId);
    expect(judgeStart.run.runId).not.toBe(trainStart.run.runId);
    expect(judgeStart.run.facets.parent.run.runId).toBe(trainStart.run.facets.parent.run.runId);
    const again = await pipeline(folder, ['lineage', '1:judge.blessing', '--format', 'openlineage']);
    expect(again.stdout).toBe(stdout);
  });
});

interface EventRun {
  readonly run: {
    readonly runId: string;
    readonly facets: { readonly parent: { readonly run: { readonly runId: string } } };
  };
}
