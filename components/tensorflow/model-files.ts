/**
 * The files of a Model artifact. Writing gives the same bytes for the same model; reading believes nothing: files may come
 * from elsewhere.
 */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { isMapping } from '../../artifacts/mapping.js';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';
import { fileError } from '../formats/byte-stream.js';
import { readMapping } from '../formats/json-mapping.js';
import { readModelInfo, writeModelInfo } from '../formats/model-info-file.js';
import type { ModelInfo } from '../formats/model-info.js';
import { encodeSavedModel } from '../formats/saved-model.js';
import {
  readTransformGraph,
  writeTransformGraph,
  type TransformGraphFile,
} from '../formats/transform/transform-graph.js';
import type { Backend } from './backend.js';
import { checkTopology } from './check-topology.js';
import { inferenceGraph } from './inference-graph.js';
import { withinWeights } from './weight-budget.js';

const TFJS = 'Format-TFJS';
const SERVING = 'Format-Serving';
const WEIGHTS = 'weights.bin';

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

/** Bytes of a value by its type; there are no texts among weights, whose lengths stand in the bytes themselves. */
const BYTES: ReadonlyMap<unknown, number> = new Map([
  ['float32', 4],
  ['int32', 4],
  ['bool', 1],
]);

/**
 * Values of one example after any layer: above what models of large images come to, and half a gigabyte for every example of
 * a batch.
 */
const MAX_LAYER_VALUES = 2 ** 27;

type Fail = (what: string) => never;

function valuesOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The weights that a manifest describes. @param bytes - size of the file that they are in */
function checkedSpecs(manifest: unknown, bytes: number, fail: Fail): io.WeightsManifestEntry[] {
  const [group, second] = Array.isArray(manifest) ? (manifest as readonly unknown[]) : [];
  const { paths, weights } = isMapping(group) ? group : {};
  const isOneFile = Array.isArray(paths) && paths.length === 1 && paths[0] === WEIGHTS;
  if (second !== undefined || !isOneFile || !Array.isArray(weights)) {
    return fail(`its weights must be in one file ${WEIGHTS}`);
  }
  const names = new Set<string>();
  let declared = 0;
  for (const weight of weights as readonly unknown[]) {
    const { name, shape, dtype, quantization } = isMapping(weight) ? weight : {};
    if (typeof name !== 'string') return fail('it has a weight without a name');
    if (names.has(name)) return fail(`the weight ${name} is there twice`);
    names.add(name);
    const size = BYTES.get(dtype);
    if (size === undefined || quantization !== undefined) {
      return fail(`the weight ${name} is of type ${quantization === undefined ? String(dtype) : 'quantized'}`);
    }
    if (!Array.isArray(shape) || !shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
      return fail(`the weight ${name} has no shape`);
    }
    declared += size * valuesOf(shape as readonly number[]);
  }
  if (declared !== bytes) return fail(`its weights take ${String(declared)} bytes, ${WEIGHTS} has ${String(bytes)}`);
  return weights as io.WeightsManifestEntry[];
}

type Layer = LayersModel['layers'][number];

/** Refuses layers that make too much of an example, such as by repeating it. */
function checkLayers(layers: readonly Layer[], fail: Fail): void {
  for (const layer of layers) {
    for (const { shape } of layer.inboundNodes.flatMap(({ outputTensors }) => outputTensors)) {
      const values = valuesOf(shape.slice(1).map((size) => size ?? 1));
      if (values > MAX_LAYER_VALUES) fail(`layer '${layer.name}' makes ${String(values)} values of an example`);
    }
    if ('layers' in layer) checkLayers(layer.layers as readonly Layer[], fail);
  }
}

/**
 * Loads a model. It is not compiled.
 *
 * @throws StepError `model-invalid` when a file is damaged, or the model is made of what is not known
 */
export async function loadModel(folder: string, { tf }: Backend): Promise<DescribedModel> {
  const path = join(folder, TFJS, 'model.json');
  const weightsPath = join(folder, TFJS, WEIGHTS);
  const fail: Fail = (what) => {
    throw new StepError('model-invalid', `${path}: ${what}`, 'train the model again');
  };
  const info = await readModelInfo(folder);
  const graph = await readTransformGraph(folder);
  try {
    const { modelTopology, weightsManifest } = await readMapping(path);
    const weightSpecs = checkedSpecs(weightsManifest, (await stat(weightsPath)).size, fail);
    checkTopology(modelTopology, fail);
    const bytes = await readFile(weightsPath);
    const weightData = new Uint8Array(bytes).buffer;
    const artifacts = { modelTopology: modelTopology as object, weightSpecs, weightData };
    const values = weightSpecs.reduce((sum, { shape }) => sum + valuesOf(shape), 0);
    const model = await withinWeights(
      tf,
      values,
      async () => await tf.loadLayersModel(tf.io.fromMemory(artifacts)),
      () => fail(`its layers ask for more than the ${String(values)} weights that there are`),
    );
    checkLayers(model.layers, fail);
    return { model, info, graph };
  } catch (error) {
    const known = fileError(error, path);
    if (known instanceof StepError) throw known;
    throw new StepError('model-invalid', `${path} cannot be loaded: ${errorMessage(error)}`, 'train the model again');
  }
}
