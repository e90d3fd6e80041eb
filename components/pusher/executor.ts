import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import type { Look } from '../../artifacts/look.js';
import type { ManifestFile } from '../../artifacts/store/artifact-store.js';
import { makeManifest } from '../../artifacts/store/manifest.js';
import { StepError, type EarlierExecution, type Executor } from '../executor.js';
import { readVerdict } from '../formats/blessing.js';
import { writeError } from '../formats/byte-stream.js';
import { readConvertedModel } from '../formats/conversion.js';
import {
  ORIGIN_FILE,
  readOrigin,
  readPushRecord,
  versionProblems,
  type Origin,
  type PushRecord,
} from './push-record.js';
import type { spec } from './spec.js';
import { addVersion, latestVersion, type Copied } from './version-folders.js';

type Context = Parameters<Executor<typeof spec>>[0];

/** What is pushed of the artifacts, and where in the version it goes. @throws StepError `model-invalid` when it is not all there */
function payload({ inputs: { model, tflite_model: tflite }, log }: Context): readonly Copied[] {
  const serving = join(model.path, 'Format-Serving');
  const hasSavedModel = existsSync(serving);
  if (!hasSavedModel) log.warn('the model has no SavedModel: TensorFlow Serving cannot load what is pushed');
  const copied = [
    ...(hasSavedModel ? [{ from: serving, to: '' }] : []),
    { from: join(model.path, 'Format-TFJS'), to: 'tfjs' },
    { from: join(model.path, 'model_info.json'), to: 'tfjs/model_info.json' },
    { from: join(model.path, 'transform_graph.json'), to: 'tfjs/transform_graph.json' },
    ...(tflite === undefined ? [] : [{ from: join(tflite.path, 'model.tflite'), to: 'tflite/model.tflite' }]),
  ];
  const missing = copied.find(({ from }) => !existsSync(from));
  if (missing === undefined) return copied;
  throw new StepError(
    'model-invalid',
    `there is no ${missing.from}`,
    'train the model again; of one from elsewhere, import all of its files',
  );
}

/** The files of the version to be, by path. */
async function payloadFiles(copied: readonly Copied[]): Promise<readonly ManifestFile[]> {
  const manifests = copied.map(async ({ from, to }) =>
    (await makeManifest(from)).files.map((file) => ({
      ...file,
      path: [to, file.path].filter((part) => part !== '').join('/'),
    })),
  );
  return (await Promise.all(manifests)).flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Why the model must not be pushed; empty when it may. */
async function objections({
  inputs: { model, blessing, tflite_model: tflite },
  log,
}: Context): Promise<readonly string[]> {
  const converted = tflite === undefined ? model.digest : await readConvertedModel(tflite.path);
  if (converted !== model.digest) {
    throw new StepError(
      'tflite-of-other-model',
      `the TensorFlow Lite file is of model ${converted.slice(0, 12)}, the model to push is ${model.digest.slice(0, 12)}`,
      'wire the TFLiteConverter that converted this very model',
    );
  }
  if (blessing === undefined) {
    log.warn('no blessing is wired: the model is pushed unchecked');
    return [];
  }
  const verdict = await readVerdict(blessing.path);
  if (verdict.model !== model.digest) {
    throw new StepError(
      'blessing-of-other-model',
      `the blessing is of model ${verdict.model.slice(0, 12)}, the model to push is ${model.digest.slice(0, 12)}`,
      'wire the blessing of the Evaluator that evaluated this very model',
    );
  }
  if (verdict.blessed) return [];
  return verdict.reasons.length > 0 ? verdict.reasons : ['it is not blessed'];
}

/** The version that is served from a folder, when it is this very content. */
async function standingVersion(base: string, origin: Origin): Promise<number | undefined> {
  const version = await latestVersion(base);
  if (version === undefined) return undefined;
  const folder = join(base, String(version));
  const there = await readOrigin(folder);
  if (there === undefined || canonicalJson(there) !== canonicalJson(origin)) return undefined;
  return (await versionProblems(folder, origin.files)).length === 0 ? version : undefined;
}

async function push(context: Context, destination: string): Promise<PushRecord> {
  const reasons = await objections(context);
  if (reasons.length > 0) return { version: 1, pushed: false, destination, reasons };
  const { inputs, baseDir, log, signal } = context;
  const copied = payload(context);
  const origin: Origin = {
    version: 1,
    model: inputs.model.digest,
    blessing: inputs.blessing?.digest ?? null,
    tflite_model: inputs.tflite_model?.digest ?? null,
    files: await payloadFiles(copied),
  };
  const base = resolve(baseDir, destination);
  try {
    const standing = await standingVersion(base, origin);
    if (standing !== undefined) log.info(`version ${String(standing)} in ${destination} is this model already`);
    const pushed = standing ?? (await addVersion(base, copied, { [ORIGIN_FILE]: canonicalJson(origin) }, signal));
    log.info(`version ${String(pushed)} in ${destination}: ${String(origin.files.length)} files`);
    return { version: 1, pushed: true, destination, pushed_version: pushed, origin };
  } catch (error) {
    throw writeError(error, base);
  }
}

export const execute: Executor<typeof spec> = async (context) => {
  const { outputs, params, log } = context;
  const { base_directory: destination } = params.destination.filesystem;
  const record = await push(context, destination);
  await writeFile(join(outputs.pushed_model.path, 'pushed_model.json'), canonicalJson(record));
  outputs.pushed_model.setProperty('pushed', record.pushed ? 1 : 0);
  if (record.pushed) {
    outputs.pushed_model.setProperty('pushed_destination', destination);
    outputs.pushed_model.setProperty('pushed_version', String(record.pushed_version));
  } else {
    log.warn(`not pushed: ${record.reasons.join('; ')}`);
  }
};

/** Why an earlier push no longer stands; undefined when its version is still the one that is served, unharmed. */
export async function standing(earlier: EarlierExecution): Promise<string | undefined> {
  const record = await readPushRecord(earlier.outputs['pushed_model']?.path ?? '');
  if (record === undefined) return 'the record of the push cannot be read';
  if (!record.pushed) return undefined;
  const base = resolve(earlier.baseDir, record.destination);
  const version = await latestVersion(base);
  const name = `version ${String(record.pushed_version)} in ${record.destination}`;
  if (version === undefined || version < record.pushed_version) return `${name} is gone`;
  if (version > record.pushed_version) return `${name} has been followed by version ${String(version)}`;
  const [problem] = await versionProblems(join(base, String(version)), record.origin.files);
  return problem === undefined ? undefined : `${name} has changed: ${problem}`;
}

/** The folder of the versions, and the one that was pushed. */
export async function reach({ outputs, baseDir }: EarlierExecution): Promise<Look> {
  const record = await readPushRecord(outputs['pushed_model']?.path ?? '');
  if (record?.pushed !== true) return { trees: [], entries: [] };
  const base = resolve(baseDir, record.destination);
  return { trees: [join(base, String(record.pushed_version))], entries: [base] };
}
