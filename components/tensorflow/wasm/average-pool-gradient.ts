/**
 * Gradient of the mean of windows, in the backend's memory.
 */
import { addAveragePoolGradient } from '../average-pool-gradient.js';
import { heap, required, type WasmKernel } from './kernel.js';

/** dL/dinput of AvgPool and AvgPool3D. */
export const averagePoolGradient: WasmKernel = (inputs, attrs, backend) => {
  const dy = required(inputs, 'dy');
  const { shape } = required(inputs, 'input');
  const result = backend.makeOutput(shape, 'float32');
  addAveragePoolGradient(shape, attrs, heap(backend, dy), heap(backend, result).fill(0));
  return result;
};
