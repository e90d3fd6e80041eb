/**
 * Loads TensorFlow.js with one backend: native, WebAssembly with our gradient kernels, or plain JavaScript.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { errorMessage } from '../../artifacts/system-error.js';
import { StepError } from '../executor.js';
import { backendLocation, type BackendLocation, type BackendName } from './backend-identity.js';
import { registerChainedOperations } from './chained-operations.js';
import { repairGradients } from './gradient-repairs.js';
import { repairLayers } from './layer-repairs.js';
import type { TensorFlow } from './tensorflow.js';

/** TensorFlow.js, ready to compute. */
export interface Backend {
  readonly tf: TensorFlow;
  readonly name: BackendName;
  readonly version: string;
}

async function loadPackages(): Promise<TensorFlow> {
  const core = await import('@tensorflow/tfjs-core');
  // Its advice to install the native backend is for those who have nothing else to choose.
  core.env().set('PROD', true);
  const layers = await import('@tensorflow/tfjs-layers');
  const tf = { ...core, ...layers };
  registerChainedOperations(tf);
  return tf;
}

async function loadWasm(): Promise<TensorFlow> {
  const tf = await loadPackages();
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const { registerTrainingKernels } = await import('./wasm/training-kernels.js');
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  wasm.setWasmPaths(join(folder, sep));
  registerTrainingKernels();
  await tf.setBackend('wasm');
  await tf.ready();
  return tf;
}

async function loadCpu(): Promise<TensorFlow> {
  const tf = await loadPackages();
  await import('@tensorflow/tfjs-backend-cpu');
  const { registerPlainTrainingKernels } = await import('./cpu/training-kernels.js');
  registerPlainTrainingKernels();
  await tf.setBackend('cpu');
  await tf.ready();
  return tf;
}

async function loadNative(from: string): Promise<TensorFlow> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const util = createRequire(from)('util') as { isNullOrUndefined?: (value: unknown) => boolean };
  // Node 23 dropped it, tfjs-node still calls it.
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const tf = createRequire(from)('@tensorflow/tfjs-node') as TensorFlow;
  await tf.ready();
  return tf;
}

async function load({ name, from }: BackendLocation): Promise<TensorFlow> {
  switch (name) {
    case 'tensorflow':
      return await loadNative(from);
    case 'wasm':
      return await loadWasm();
    case 'cpu':
      return await loadCpu();
  }
}

/**
 * Loads the backend that {@link backendLocation} finds.
 *
 * @param warn - told when only the slow backend is there
 * @throws StepError `backend` when it cannot be loaded
 */
export async function loadBackend(warn: (message: string) => void): Promise<Backend> {
  const location = backendLocation();
  const { name, version } = location;
  if (name === 'cpu') warn('training on the plain JavaScript backend takes some hundred times as long as on wasm');
  try {
    const tf = await load(location);
    repairLayers(tf);
    repairGradients(tf);
    return { tf, name, version };
  } catch (error) {
    throw new StepError(
      'backend',
      `the backend ${name} cannot be loaded: ${errorMessage(error)}`,
      name === 'tensorflow'
        ? "make it again with 'npm run setup:native', or set PIPELINE_BACKEND=wasm"
        : "try 'npm ci'",
    );
  }
}
