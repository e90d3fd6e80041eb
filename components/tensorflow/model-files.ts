/**
 * The files of a Model artifact. Writing gives the same bytes for the same model; reading believes nothing: files may come
 * from elsewhere.
 */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';
import { fileError } from '../formats/byte-stream.js';
import { readModelInfo, writeModelInfo } from '../formats/model-info-file.js';
import type { ModelInfo } from '../formats/model-info.js';
import { encodeSavedModel } from '../formats/saved-model.js';
import {
  readTransformGraph,
  writeTransformGraph,
  type TransformGraphFile,
} from '../formats/transform/transform-graph.js';
import type { Backend } from './backend.js';
import { inferenceGraph } from './inference-graph.js';

const TFJS = 'Format-TFJS';
const SERVING = 'Format-Serving';
const WEIGHTS = 'weights.bin';

/** Largest description of a model, in bytes. */
const MAX_TOPOLOGY = 50_000_000;

/** A model with what it is for. */
export interface DescribedModel {
  readonly model: LayersModel;
  readonly info: ModelInfo;
  readonly graph: TransformGraphFile;
}

function weightBytes(data: io.ModelArtifacts['weightData']): Buffer {
  const parts = [data ?? []].flat();
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/**
 * Writes a model, its description, its transform, and both together as a SavedModel.
 *
 * @param warn - told when the model has a layer that a SavedModel cannot be made of; that file is then left out
 */
export async function saveModel(
  folder: string,
  { backend, model, info, graph, warn }: DescribedModel & { backend: Backend; warn: (message: string) => void },
): Promise<void> {
  const { tf } = backend;
  await mkdir(join(folder, TFJS), { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const description = {
        format: 'layers-model',
        generatedBy: `TensorFlow.js tfjs-layers v${tf.version_layers}`,
        convertedBy: null,
        modelTopology,
        weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }],
      };
      await writeFile(join(folder, TFJS, 'model.json'), `${canonicalJson(description)}\n`);
      await writeFile(join(folder, TFJS, WEIGHTS), weightBytes(weightData));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  await writeModelInfo(folder, info);
  await writeTransformGraph(folder, graph);
  try {
    const bytes = encodeSavedModel(inferenceGraph(model, info, graph));
    await mkdir(join(folder, SERVING), { recursive: true });
    await writeFile(join(folder, SERVING, 'saved_model.pb'), bytes);
  } catch (error) {
    if (!(error instanceof StepError) || error.code !== 'unsupported-layer') throw error;
    warn(`no SavedModel is written: ${error.message}`);
  }
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

function checkedSpecs(value: unknown, bytes: number, path: string): io.WeightsManifestEntry[] {
  const bad = (what: string): StepError => new StepError('model-invalid', `${path}: ${what}`, 'train the model again');
  const [group, second] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const { paths, weights } = (group ?? {}) as { paths?: unknown; weights?: unknown };
  if (second !== undefined || canonicalJson(paths ?? null) !== canonicalJson([WEIGHTS]) || !Array.isArray(weights)) {
    throw bad(`its weights must be in one file ${WEIGHTS}`);
  }
  const names = new Set<string>();
  let declared = 0;
  for (const spec of weights as readonly Partial<io.WeightsManifestEntry>[]) {
    const { name, shape, dtype } = spec;
    const size = BYTES[dtype ?? ''];
    if (typeof name !== 'string' || names.has(name)) throw bad(`the weight ${String(name)} is there twice`);
    names.add(name);
    if (size === undefined || spec.quantization !== undefined)
      throw bad(`the weight ${name} is of type ${String(dtype)}`);
    if (!Array.isArray(shape) || !shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
      throw bad(`the weight ${name} has no shape`);
    }
    declared += shape.reduce((product, extent) => product * extent, size);
  }
  if (declared !== bytes) throw bad(`its weights take ${String(declared)} bytes, ${WEIGHTS} has ${String(bytes)}`);
  return weights as io.WeightsManifestEntry[];
}

/**
 * Loads a model. It is not compiled.
 *
 * @throws StepError `model-invalid` when a file is damaged, or the model is made of what is not known
 */
export async function loadModel(folder: string, { tf }: Backend): Promise<DescribedModel> {
  const path = join(folder, TFJS, 'model.json');
  const weightsPath = join(folder, TFJS, WEIGHTS);
  const info = await readModelInfo(folder);
  const graph = await readTransformGraph(folder);
  try {
    if ((await stat(path)).size > MAX_TOPOLOGY) throw new StepError('model-invalid', `${path} is too large`);
    const { modelTopology, weightsManifest } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const { size } = await stat(weightsPath);
    const weightSpecs = checkedSpecs(weightsManifest, size, path);
    const bytes = await readFile(weightsPath);
    const weightData = new Uint8Array(bytes).buffer;
    const artifacts = { modelTopology: modelTopology as object, weightSpecs, weightData };
    const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    return { model, info, graph };
  } catch (error) {
    const known = fileError(error, path);
    if (known instanceof StepError) throw known;
    throw new StepError('model-invalid', `${path} cannot be loaded: ${errorMessage(error)}`, 'train the model again');
  }
}
