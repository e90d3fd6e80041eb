/**
 * Gradient of the mean of windows, in two or three dimensions. TensorFlow.js has it wrong outside tfjs-node where windows
 * reach over the border: the mean is that of the values within, the gradient is divided by the size of a whole window.
 */
import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core';

/** Which values of one axis each window covers. */
interface Extent {
  readonly size: number;
  readonly windows: readonly (readonly [first: number, end: number])[];
}

function extent(size: number, windows: number, stride: number, before: number, filter: number): Extent {
  const from = (index: number): number => index * stride - before;
  return {
    size,
    windows: Array.from({ length: windows }, (_, index) => [
      Math.max(0, from(index)),
      Math.min(size, from(index) + filter),
    ]),
  };
}

/** Depth, height and width; images have a depth of 1. */
function extents(shape: readonly number[], attrs: NamedAttrMap): readonly [Extent, Extent, Extent] {
  const [filterSize, strides, pad] = ['filterSize', 'strides', 'pad'].map((name) => attrs[name]) as [
    never,
    never,
    never,
  ];
  const mode = attrs['dimRoundingMode'] as never;
  const info =
    shape.length === 5
      ? backend_util.computePool3DInfo(shape as never, filterSize, strides, 1, pad, mode)
      : backend_util.computePool2DInfo(shape as never, filterSize, strides, 1, pad, mode);
  const { padInfo } = info;
  return [
    'inDepth' in info
      ? extent(info.inDepth, info.outDepth, info.strideDepth, info.padInfo.front, info.effectiveFilterDepth)
      : extent(1, 1, 1, 0, 1),
    extent(info.inHeight, info.outHeight, info.strideHeight, padInfo.top, info.effectiveFilterHeight),
    extent(info.inWidth, info.outWidth, info.strideWidth, padInfo.left, info.effectiveFilterWidth),
  ];
}

/**
 * Adds dL/dinput.
 *
 * @param shape - of the input: examples, depth in case, height, width, channels
 * @param attrs - of the kernels AvgPoolGrad and AvgPool3DGrad
 * @param gradients - dL/doutput
 * @param sums - as many as the input has values; what is added to
 */
export function addAveragePoolGradient(
  shape: readonly number[],
  attrs: NamedAttrMap,
  gradients: Float32Array,
  sums: Float32Array,
): void {
  const [depth, height, width] = extents(shape, attrs);
  const [examples = 0, channels = 0] = [shape[0], shape.at(-1)];
  let gradientAt = 0;
  for (let example = 0; example < examples; example++) {
    for (const [firstPlane, endPlane] of depth.windows) {
      for (const [firstRow, endRow] of height.windows) {
        for (const [firstColumn, endColumn] of width.windows) {
          const share = 1 / ((endPlane - firstPlane) * (endRow - firstRow) * (endColumn - firstColumn));
          for (let plane = firstPlane; plane < endPlane; plane++) {
            for (let row = firstRow; row < endRow; row++) {
              for (let column = firstColumn; column < endColumn; column++) {
                const at = (((example * depth.size + plane) * height.size + row) * width.size + column) * channels;
                for (let channel = 0; channel < channels; channel++) {
                  sums[at + channel] = (sums[at + channel] ?? 0) + share * (gradients[gradientAt + channel] ?? 0);
                }
              }
            }
          }
          gradientAt += channels;
        }
      }
    }
  }
}
