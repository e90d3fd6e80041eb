/**
 * Converts a model, proves the file, and writes it with what was found. How the model is loaded, and with which backend, is
 * the executor's business.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { StepError, type Executor } from '../executor.js';
import { heldOutSplit } from '../formats/examples/held-out-split.js';
import type { GraphTensor } from '../formats/inference-graph.js';
import { encodeTFLite } from '../formats/tflite/tflite.js';
import type { Backend } from '../tensorflow/backend.js';
import { openDataset } from '../tensorflow/dataset.js';
import { inferenceGraph } from '../tensorflow/inference-graph.js';
import type { DescribedModel } from '../tensorflow/model-files.js';
import { checkModelInput } from '../tensorflow/predict.js';
import type { BorderTensor, Comparison, Conversion } from '../formats/conversion.js';
import { runBoth } from './run-both.js';
import type { spec } from './spec.js';

type Context = Parameters<Executor<typeof spec>>[0];

/** What the model is loaded with. */
export interface Tools {
  readonly backend: Backend;
  readonly load: (folder: string, backend: Backend) => Promise<DescribedModel>;
}

function percent(share: number): string {
  return `${String(Math.round(share * 1000) / 10)} %`;
}

function checkDifference({ max_difference: found, at, agreement }: Comparison, split: string, tolerance: number): void {
  if (found <= tolerance) return;
  const far = Number.isFinite(found) ? `up to ${found.toPrecision(3)} from those of the model` : 'no numbers';
  const same = agreement === null ? '' : `; ${percent(agreement)} of the examples have the same largest output`;
  throw new StepError(
    'conversion-differs',
    `the outputs of the converted model are ${far}, at example ${String(at)} of split '${split}'; ${String(tolerance)} is allowed${same}`,
    'a small excess is rounding: raise the tolerance; else report it as a defect, with the model',
  );
}

function withBatch(name: string, { dtype, shape }: GraphTensor): BorderTensor {
  return { name, dtype, shape: [1, ...shape] };
}

/**
 * Does the whole work of the TFLiteConverter.
 *
 * @throws StepError `unsupported-layer` when there is something that cannot be converted, `conversion-refused` or
 *   `conversion-differs` when the file does not prove itself, others when model and examples do not fit together
 */
export async function convertArtifacts(context: Context, { backend, load }: Tools): Promise<void> {
  const { inputs, outputs, params, signal, log } = context;
  const { model, info, graph } = await load(inputs.model.path, backend);
  try {
    const written = inferenceGraph(model, info, graph);
    const { bytes, operators, minimumRuntime } = encodeTFLite(written);
    const split = await heldOutSplit(inputs.examples.path, params.split);
    const { dataset } = await openDataset({
      tf: backend.tf,
      folder: inputs.examples.path,
      split,
      graph,
      label: info.label,
      limit: params.compare,
    });
    checkModelInput(model, dataset);
    const progress = context.progress.bind(context);
    const comparison = await runBoth({ tf: backend.tf, model, bytes, dataset, signal, progress });
    checkDifference(comparison, split, params.tolerance);
    const conversion: Conversion = {
      version: 1,
      model: inputs.model.digest,
      examples: inputs.examples.digest,
      mode: 'float32',
      bytes: bytes.length,
      operators,
      minimum_runtime: minimumRuntime,
      inputs: written.inputs.map((input) => withBatch(input.name, input)),
      output: withBatch(written.outputName, written.output),
      comparison: {
        ...comparison,
        split,
        tolerance: params.tolerance,
        backend: { name: backend.name, version: backend.version },
      },
    };
    const folder = outputs.tflite_model.path;
    await writeFile(join(folder, 'model.tflite'), bytes);
    await writeFile(join(folder, 'conversion.json'), `${canonicalJson(conversion)}\n`);
    outputs.tflite_model.setProperty('mode', conversion.mode);
    outputs.tflite_model.setProperty('bytes', bytes.length);
    context.metric('bytes', bytes.length);
    context.metric('max_difference', comparison.max_difference);
    if (comparison.agreement !== null) context.metric('agreement', comparison.agreement);
    log.info(
      `${String(bytes.length)} bytes, ${String(operators.length)} operators; on ${String(comparison.examples)} examples of '${split}' its outputs are up to ${comparison.max_difference.toPrecision(3)} from those of the model`,
    );
  } finally {
    model.dispose();
  }
}
