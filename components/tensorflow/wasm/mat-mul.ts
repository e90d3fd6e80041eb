/**
 * Matrix products of transposed operands: transposed first, so that the fast product is reached; the backend's own way is
 * ten to eighty times slower.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { free, required, type OwnKernels, type WasmKernel } from './kernel.js';

function lastTwoSwapped(rank: number): readonly number[] {
  return [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
}

/** Wraps a product, fused with bias and activation or not. */
export function matMulOfTransposed(product: WasmKernel, own: OwnKernels): WasmKernel {
  return (inputs, attrs, backend) => {
    const made: TensorInfo[] = [];
    const plain = (name: string, transposed: boolean): TensorInfo => {
      const operand = required(inputs, name);
      if (!transposed) return operand;
      const swapped = own.transpose(operand, lastTwoSwapped(operand.shape.length), backend);
      made.push(swapped);
      return swapped;
    };
    const a = plain('a', attrs['transposeA'] === true);
    const b = plain('b', attrs['transposeB'] === true);
    const result = product({ ...inputs, a, b }, { ...attrs, transposeA: false, transposeB: false }, backend);
    free(backend, made);
    return result;
  };
}
