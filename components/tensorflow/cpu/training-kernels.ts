/**
 * Makes the plain JavaScript backend (4.22) train as the others do: gradients that it has wrong are registered in their
 * place. To be called once, after the backend's module is loaded.
 */
import { registerKernel, unregisterKernel, util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { addAveragePoolGradient } from '../average-pool-gradient.js';
import { addNearestNeighborGradient } from './nearest-neighbor-gradient.js';

/** Adds dL/dinput, to as many sums as the input has values. */
type AddGradient = (
  shape: readonly number[],
  attrs: NamedAttrMap,
  gradients: Float32Array,
  sums: Float32Array,
  gradientShape: readonly number[],
) => void;

function replaceGradient(kernelName: string, inputName: 'input' | 'images', add: AddGradient): void {
  unregisterKernel(kernelName, 'cpu');
  registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const cpu = backend as Pick<MathBackendCPU, 'readSync' | 'makeTensorInfo'>;
      const { dy, [inputName]: input } = inputs as Readonly<Record<'dy' | typeof inputName, TensorInfo>>;
      const sums = new Float32Array(util.sizeFromShape(input.shape));
      add(input.shape, attrs ?? {}, cpu.readSync(dy.dataId) as Float32Array, sums, dy.shape);
      return cpu.makeTensorInfo(input.shape, 'float32', sums);
    },
  });
}

/** Registers the kernels. */
export function registerPlainTrainingKernels(): void {
  replaceGradient('AvgPoolGrad', 'input', addAveragePoolGradient);
  replaceGradient('AvgPool3DGrad', 'input', addAveragePoolGradient);
  replaceGradient('ResizeNearestNeighborGrad', 'images', addNearestNeighborGradient);
}
