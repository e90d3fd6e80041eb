import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listFiles } from '../../../artifacts/digest.js';
import type { AnyExecutor } from '../../../components/executor.js';
import { writeBlessing } from '../../../components/formats/blessing.js';
import { execute, standing } from '../../../components/pusher/executor.js';
import type { PushRecord } from '../../../components/pusher/push-record.js';
import { spec } from '../../../components/pusher/spec.js';
import { testContext } from '../../rig/execution-context.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

const DIGESTS = { a: 'a'.repeat(64), b: 'b'.repeat(64) };

interface Push {
  readonly model: 'a' | 'b';
  readonly blessed?: boolean;
  /** The model that the blessing is of. */
  readonly verdictOn?: 'a' | 'b';
  /** The model that a TensorFlow Lite file is of. */
  readonly tflite?: 'a' | 'b';
  /** A part of the model that is not there. */
  readonly lacks?: string;
  readonly signal?: AbortSignal;
}

/** A folder where models are pushed from, again and again. */
function workplace() {
  const folder = temporaryFolder();
  const base = join(folder, 'served');
  let pushes = 0;

  const modelFolder = (name: 'a' | 'b'): string => {
    const path = join(folder, `model-${name}`);
    mkdirSync(join(path, 'Format-Serving'), { recursive: true });
    mkdirSync(join(path, 'Format-TFJS'), { recursive: true });
    writeFileSync(join(path, 'Format-Serving/saved_model.pb'), `saved ${name}`);
    writeFileSync(join(path, 'Format-TFJS/model.json'), '{}');
    writeFileSync(join(path, 'Format-TFJS/weights.bin'), `weights ${name}`);
    writeFileSync(join(path, 'model_info.json'), '{}');
    writeFileSync(join(path, 'transform_graph.json'), '{}');
    return path;
  };

  const push = async ({ model, blessed, verdictOn = model, tflite, lacks, signal }: Push) => {
    pushes++;
    const work = join(folder, `push-${String(pushes)}`);
    const artifact = (type: string, path: string, digest: string) => ({ type, path, digest, properties: {} });
    const blessing = join(work, 'blessing');
    mkdirSync(blessing, { recursive: true });
    await writeBlessing(blessing, {
      version: 1,
      blessed: blessed ?? true,
      reasons: blessed === false ? ['accuracy is 0.5, below 0.8'] : ['accuracy is 0.9'],
      checks: [],
      model: DIGESTS[verdictOn],
      baseline_model: null,
    });
    writeFileSync(join(work, 'model.tflite'), `tflite ${model}`);
    if (tflite !== undefined) {
      writeFileSync(join(work, 'conversion.json'), JSON.stringify({ version: 1, model: DIGESTS[tflite] }));
    }
    const step = testContext({
      folder: work,
      spec,
      params: { destination: { filesystem: { base_directory: base } } },
      inputs: {
        model: artifact('Model', modelFolder(model), DIGESTS[model]),
        ...(blessed === undefined ? {} : { blessing: artifact('ModelBlessing', blessing, 'c'.repeat(64)) }),
        ...(tflite === undefined ? {} : { tflite_model: artifact('TFLiteModel', work, 'd'.repeat(64)) }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    if (lacks !== undefined) rmSync(join(folder, `model-${model}`, lacks), { recursive: true });
    await (execute as AnyExecutor)(step.context);
    const output = join(work, 'outputs/pushed_model');
    const text = readFileSync(join(output, 'pushed_model.json'), 'utf8');
    return {
      ...step,
      record: JSON.parse(text) as PushRecord,
      stands: () => standing({ outputs: { pushed_model: { path: output } }, baseDir: work }),
    };
  };
  const versions = (): readonly string[] => readdirSync(base).sort();
  return { base, push, versions };
}

describe('Pusher', () => {
  test('makes a version with every form of the model, and says what it is', async () => {
    const { base, push, versions } = workplace();
    const { record, properties, logs } = await push({ model: 'a', blessed: true, tflite: 'a' });
    expect(versions()).toEqual(['1']);
    expect(
      listFiles(join(base, '1'), (link) => {
        throw new Error(`${link} is a link`);
      }).map(({ path }) => path),
    ).toEqual([
      'pipeline.json',
      'saved_model.pb',
      'tfjs/model.json',
      'tfjs/model_info.json',
      'tfjs/transform_graph.json',
      'tfjs/weights.bin',
      'tflite/model.tflite',
    ]);
    expect(readFileSync(join(base, '1/tfjs/weights.bin'), 'utf8')).toBe('weights a');
    expect(statSync(join(base, '1/saved_model.pb')).mode & 0o777).toBe(0o644);
    const origin = JSON.parse(readFileSync(join(base, '1/pipeline.json'), 'utf8')) as unknown;
    expect(origin).toMatchObject({ model: DIGESTS.a, blessing: 'c'.repeat(64), tflite_model: 'd'.repeat(64) });
    expect(record).toMatchObject({ pushed: true, pushed_version: 1, destination: base, origin });
    expect(properties).toEqual({
      'pushed_model.pushed': 1,
      'pushed_model.pushed_destination': base,
      'pushed_model.pushed_version': '1',
    });
    expect(logs.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  test('what is served already is not pushed again; anything else is the next version', async () => {
    const { push, versions } = workplace();
    await push({ model: 'a', blessed: true });
    const again = await push({ model: 'a', blessed: true });
    expect(again.record).toMatchObject({ pushed: true, pushed_version: 1 });
    expect(versions()).toEqual(['1']);
    const other = await push({ model: 'b', blessed: true });
    expect(other.record).toMatchObject({ pushed: true, pushed_version: 2 });
    const back = await push({ model: 'a', blessed: true });
    expect(back.record).toMatchObject({ pushed: true, pushed_version: 3 });
    expect(versions()).toEqual(['1', '2', '3']);
  });

  test('a version that was changed is left alone, and pushed as the next one', async () => {
    const { base, push, versions } = workplace();
    await push({ model: 'a', blessed: true });
    writeFileSync(join(base, '1/saved_model.pb'), 'saved x');
    const again = await push({ model: 'a', blessed: true });
    expect(again.record).toMatchObject({ pushed_version: 2 });
    expect(versions()).toEqual(['1', '2']);
    expect(readFileSync(join(base, '1/saved_model.pb'), 'utf8')).toBe('saved x');
  });

  test('pushes nothing that is not blessed, and says why', async () => {
    const { base, push } = workplace();
    const { record, logs, properties, stands } = await push({ model: 'a', blessed: false });
    expect(() => statSync(base)).toThrow();
    expect(record).toEqual({
      version: 1,
      pushed: false,
      destination: base,
      reasons: ['accuracy is 0.5, below 0.8'],
    });
    expect(logs).toEqual(['warn: not pushed: accuracy is 0.5, below 0.8']);
    expect(properties).toEqual({ 'pushed_model.pushed': 0 });
    expect(await stands()).toBeUndefined();
  });

  test.each(['Format-TFJS', 'transform_graph.json'])('pushes no model without its %s', async (lacks) => {
    const { push, versions } = workplace();
    await push({ model: 'b' });
    await expect(push({ model: 'a', lacks })).rejects.toMatchObject({ code: 'model-invalid' });
    expect(versions()).toEqual(['1']);
  });

  test('warns when nothing says that the model is good', async () => {
    const { push, versions } = workplace();
    const { logs } = await push({ model: 'a' });
    expect(logs[0]).toBe('warn: no blessing is wired: the model is pushed unchecked');
    expect(versions()).toEqual(['1']);
  });

  test("refuses another model's blessing", async () => {
    const { push } = workplace();
    await expect(push({ model: 'a', blessed: true, verdictOn: 'b' })).rejects.toMatchObject({
      code: 'blessing-of-other-model',
    });
  });

  test("refuses another model's TensorFlow Lite file", async () => {
    const { push } = workplace();
    await expect(push({ model: 'a', blessed: true, tflite: 'b' })).rejects.toMatchObject({
      code: 'tflite-of-other-model',
    });
  });

  test('an earlier push stands while its version is the highest and unharmed', async () => {
    const { base, push } = workplace();
    const first = await push({ model: 'a', blessed: true });
    expect(await first.stands()).toBeUndefined();
    const file = join(base, '1/tfjs/weights.bin');
    writeFileSync(file, 'weights x');
    expect(await first.stands()).toBe(`version 1 in ${base} has changed: tfjs/weights.bin has other content`);
    writeFileSync(file, 'weights a');
    mkdirSync(join(base, '7'));
    expect(await first.stands()).toBe(`version 1 in ${base} has been followed by version 7`);
    rmSync(join(base, '7'), { recursive: true });
    rmSync(join(base, '1'), { recursive: true });
    expect(await first.stands()).toBe(`version 1 in ${base} is gone`);
  });

  test('an interrupted push leaves nothing; what a dead one left is removed', async () => {
    const { base, push, versions } = workplace();
    await expect(push({ model: 'a', blessed: true, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(versions()).toEqual([]);
    mkdirSync(join(base, '.pushing-dead'));
    writeFileSync(join(base, '.pushing-dead/half'), '');
    writeFileSync(join(base, '.pushing-dead.owner'), '{"pid":1,"started":"0","boot":"another","host":"');
    writeFileSync(join(base, 'notes.txt'), 'of the owner');
    await push({ model: 'a', blessed: true });
    expect(versions()).toEqual(['1', 'notes.txt']);
  });

  test('two at once take different numbers', async () => {
    const { push, versions } = workplace();
    const both = await Promise.all([push({ model: 'a', blessed: true }), push({ model: 'b', blessed: true })]);
    expect(versions()).toEqual(['1', '2']);
    const numbers = both.map(({ record }) => (record.pushed ? record.pushed_version : 0));
    expect(numbers.sort()).toEqual([1, 2]);
  });
});
