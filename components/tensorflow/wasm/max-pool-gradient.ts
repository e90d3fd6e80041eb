/**
 * Gradient of the maximum of windows. The backend's own one is wrong where a window's maximum is not above 0: it begins
 * its search at the smallest positive number.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import { heap, required, type WasmKernel } from './kernel.js';

/** dL/dinput: every gradient goes to the first of its window's largest values. */
export const maxPoolGradient: WasmKernel = (inputs, attrs, backend) => {
  const dy = required(inputs, 'dy');
  const input = required(inputs, 'input');
  const info = backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    attrs['filterSize'] as [number, number],
    attrs['strides'] as [number, number],
    1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | undefined,
  );
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth, padInfo } = info;
  const { strideHeight, strideWidth, effectiveFilterHeight, effectiveFilterWidth } = info;
  const result = backend.makeOutput(input.shape, 'float32');
  const sums = heap(backend, result).fill(0);
  const values = heap(backend, input);
  const gradients = heap(backend, dy);
  let gradientAt = 0;
  for (let example = 0; example < batchSize; example++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const firstRow = Math.max(0, outRow * strideHeight - padInfo.top);
      const endRow = Math.min(inHeight, outRow * strideHeight - padInfo.top + effectiveFilterHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const firstColumn = Math.max(0, outColumn * strideWidth - padInfo.left);
        const endColumn = Math.min(inWidth, outColumn * strideWidth - padInfo.left + effectiveFilterWidth);
        for (let channel = 0; channel < inChannels; channel++, gradientAt++) {
          let largest = -Infinity;
          let largestAt = -1;
          for (let row = firstRow; row < endRow; row++) {
            for (let column = firstColumn; column < endColumn; column++) {
              const at = ((example * inHeight + row) * inWidth + column) * inChannels + channel;
              const value = values[at] ?? 0;
              if (value > largest) {
                largest = value;
                largestAt = at;
              }
            }
          }
          if (largestAt >= 0) sums[largestAt] = (sums[largestAt] ?? 0) + (gradients[gradientAt] ?? 0);
        }
      }
    }
  }
  return result;
};
