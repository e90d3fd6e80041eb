/**
 * What the kernels below have in common: the wasm backend's own kernels that they are composed of, and how one takes the
 * place of another.
 */
import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Name that the kernels are registered under. */
const WASM = 'wasm';

/** What kernels use of the backend. */
type WasmMemory = Pick<BackendWasm, 'makeOutput' | 'typedArrayFromHeap' | 'readSync' | 'disposeData'>;

/** A kernel as this folder writes it; `attrs` are those that core documents for it. */
export type WasmKernel = (
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: NamedAttrMap,
  backend: WasmMemory,
) => TensorInfo;

/** Marks kernels that have taken a place. */
const REPLACING = Symbol('replacing');

/** Whether a kernel has been replaced: a process may load its backend more than once. */
export function isReplaced(name: string): boolean {
  return REPLACING in getKernel(name, WASM).kernelFunc;
}

/** Makes the backend's own kernel callable, as it was before anything replaced it. */
export function ownKernel(name: string): WasmKernel {
  const kernel = getKernel(name, WASM);
  return (inputs, attrs, backend) => kernel.kernelFunc({ inputs: { ...inputs }, attrs, backend }) as TensorInfo;
}

/** Registers a kernel, in the place of the backend's own if there is one. */
export function replaceKernel(name: string, kernel: WasmKernel): void {
  // Core's type says that there always is one.
  const own = getKernel(name, WASM) as ReturnType<typeof getKernel> | undefined;
  if (own !== undefined) unregisterKernel(name, WASM);
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) =>
    kernel(inputs as Record<string, TensorInfo>, attrs ?? {}, backend as WasmMemory);
  registerKernel({
    kernelName: name,
    backendName: WASM,
    kernelFunc: Object.assign(kernelFunc, { [REPLACING]: true }),
    ...(own?.setupFunc === undefined ? {} : { setupFunc: own.setupFunc }),
    ...(own?.disposeFunc === undefined ? {} : { disposeFunc: own.disposeFunc }),
  });
}

/** The backend's kernels that others are composed of. */
export interface OwnKernels {
  readonly matMul: WasmKernel;
  readonly fusedMatMul: WasmKernel;
  readonly conv2d: WasmKernel;
  readonly sum: WasmKernel;
  readonly tile: WasmKernel;
  transpose(x: TensorInfo, perm: readonly number[], backend: WasmMemory): TensorInfo;
  reshape(x: TensorInfo, shape: readonly number[], backend: WasmMemory): TensorInfo;
  slice(x: TensorInfo, size: readonly number[], backend: WasmMemory): TensorInfo;
  pad(x: TensorInfo, paddings: readonly (readonly [number, number])[], backend: WasmMemory): TensorInfo;
  reverse(x: TensorInfo, dims: readonly number[], backend: WasmMemory): TensorInfo;
}

/** Takes the backend's kernels before they are replaced. */
export function ownKernels(): OwnKernels {
  const [transpose, reshape, slice, pad, reverse] = ['Transpose', 'Reshape', 'Slice', 'PadV2', 'Reverse'].map(
    ownKernel,
  ) as [WasmKernel, WasmKernel, WasmKernel, WasmKernel, WasmKernel];
  return {
    matMul: ownKernel('BatchMatMul'),
    fusedMatMul: ownKernel('_FusedMatMul'),
    conv2d: ownKernel('Conv2D'),
    sum: ownKernel('Sum'),
    tile: ownKernel('Tile'),
    transpose: (x, perm, backend) => transpose({ x }, { perm: [...perm] }, backend),
    reshape: (x, shape, backend) => reshape({ x }, { shape: [...shape] }, backend),
    slice: (x, size, backend) => slice({ x }, { begin: size.map(() => 0), size: [...size] }, backend),
    pad: (x, paddings, backend) =>
      pad({ x }, { paddings: paddings.map((pair) => [...pair]), constantValue: 0 }, backend),
    reverse: (x, dims, backend) => reverse({ x }, { dims: [...dims] }, backend),
  };
}

/** An input that a kernel always has. */
export function required(inputs: Readonly<Record<string, TensorInfo>>, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`a kernel lacks its input ${name}`);
  return tensor;
}

/** Gives the memory of intermediate results back. */
export function free(backend: WasmMemory, tensors: readonly TensorInfo[]): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}

/** The values of a tensor in the backend's memory. */
export function heap(backend: WasmMemory, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}
