/**
 * Gradients of a depthwise convolution, which the backend lacks: loops over its memory. NHWC, any stride and multiplier.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import { heap, required, type WasmKernel } from './kernel.js';

type Shape4D = [number, number, number, number];

/** dL/dfilter or dL/dinput: the same walk, that adds products to the one or to the other. */
export function depthwiseBackprop(of: 'filter' | 'input'): WasmKernel {
  return (inputs, attrs, backend) => {
    const dy = required(inputs, 'dy');
    const other = required(inputs, of === 'filter' ? 'x' : 'filter');
    const inputShape = (of === 'filter' ? other.shape : attrs['inputShape']) as Shape4D;
    const filterShape = (of === 'filter' ? attrs['filterShape'] : other.shape) as Shape4D;
    const info = backend_util.computeConv2DInfo(
      inputShape,
      filterShape,
      attrs['strides'] as [number, number],
      (attrs['dilations'] ?? 1) as [number, number],
      attrs['pad'] as 'same' | 'valid' | number,
      attrs['dimRoundingMode'] as 'floor' | undefined,
      true,
    );
    const { batchSize, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth, padInfo } = info;
    const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
    const multiplier = outChannels / inChannels;
    const result = backend.makeOutput(of === 'filter' ? filterShape : inputShape, 'float32');
    const sums = heap(backend, result).fill(0);
    const gradients = heap(backend, dy);
    const values = heap(backend, other);
    for (let example = 0; example < batchSize; example++) {
      for (let outRow = 0; outRow < outHeight; outRow++) {
        for (let filterRow = 0; filterRow < filterHeight; filterRow++) {
          const row = outRow * strideHeight - padInfo.top + filterRow * dilationHeight;
          if (row < 0 || row >= inHeight) continue;
          for (let outColumn = 0; outColumn < outWidth; outColumn++) {
            const gradientAt = ((example * outHeight + outRow) * outWidth + outColumn) * outChannels;
            for (let filterColumn = 0; filterColumn < filterWidth; filterColumn++) {
              const column = outColumn * strideWidth - padInfo.left + filterColumn * dilationWidth;
              if (column < 0 || column >= inWidth) continue;
              const inputAt = ((example * inHeight + row) * inWidth + column) * inChannels;
              const filterAt = (filterRow * filterWidth + filterColumn) * outChannels;
              for (let channel = 0, out = 0; channel < inChannels; channel++) {
                for (let copy = 0; copy < multiplier; copy++, out++) {
                  const [to, from] =
                    of === 'filter' ? [filterAt + out, inputAt + channel] : [inputAt + channel, filterAt + out];
                  sums[to] = (sums[to] ?? 0) + (values[from] ?? 0) * (gradients[gradientAt + out] ?? 0);
                }
              }
            }
          }
        }
      }
    }
    return result;
  };
}
