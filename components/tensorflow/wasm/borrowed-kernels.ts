/**
 * Kernels of the plain JavaScript backend for what the wasm backend lacks or has wrong, and what is too seldom used for one
 * of our own: inputs are copied out, the result is copied in.
 */
import { createRequire } from 'node:module';
import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type * as plain from '@tensorflow/tfjs-backend-cpu';
import type { WasmKernel } from './kernel.js';

/** Gives kernels of the plain backend by their names. It is loaded when the first of them is called. */
export function kernelLender(): (name: string) => WasmKernel {
  let lender: plain.MathBackendCPU | undefined;
  const load = (): plain.MathBackendCPU => {
    const { MathBackendCPU } = createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu') as typeof plain;
    return new MathBackendCPU();
  };
  return (name) => (inputs, attrs, backend) => {
    const cpu = (lender ??= load());
    const copied = Object.entries(inputs).map(([key, { dataId, shape, dtype }]) => {
      return [key, cpu.makeTensorInfo(shape, dtype, backend.readSync(dataId))] as const;
    });
    const operands = Object.fromEntries(copied);
    // A kernel of any number of inputs gets a list.
    const given = Array.isArray(inputs) ? (Object.values(operands) as unknown as typeof operands) : operands;
    const made = getKernel(name, 'cpu').kernelFunc({ inputs: given, attrs, backend: cpu }) as TensorInfo;
    const result = backend.makeOutput(made.shape, made.dtype, undefined, cpu.readSync(made.dataId));
    // With force: a result may share an input's values.
    for (const { dataId } of [made, ...copied.map(([, info]) => info)]) cpu.disposeData(dataId, true);
    return result;
  };
}

/** The backend's own kernel, but for what it does not take. */
export function unless(
  refuses: (...call: Parameters<WasmKernel>) => boolean,
  own: WasmKernel,
  other: WasmKernel,
): WasmKernel {
  return (...call) => (refuses(...call) ? other : own)(...call);
}
