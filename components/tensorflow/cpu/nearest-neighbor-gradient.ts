/**
 * Gradient of enlarging images by their nearest pixels. The backend's own one reads all but the first image of a batch at
 * the wrong place.
 */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';

/** For every place of one axis of the result, where its value came from: as the backend's forward kernel computes it. */
function sources(from: number, to: number, { alignCorners, halfPixelCenters }: NamedAttrMap): readonly number[] {
  const aligned = alignCorners === true;
  const scale = aligned && to > 1 ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, index) => {
    const exact = scale * (halfPixelCenters === true ? index + 0.5 : index);
    return Math.min(from - 1, aligned ? Math.round(exact) : Math.floor(exact));
  });
}

/**
 * Adds dL/dimages.
 *
 * @param shape - of the images: examples, height, width, channels
 * @param attrs - of the kernel ResizeNearestNeighborGrad
 * @param gradients - dL/doutput
 * @param sums - as many as the images have values; what is added to
 * @param gradientShape - of the output
 */
export function addNearestNeighborGradient(
  shape: readonly number[],
  attrs: NamedAttrMap,
  gradients: Float32Array,
  sums: Float32Array,
  gradientShape: readonly number[],
): void {
  const [examples = 0, height = 0, width = 0, channels = 0] = shape;
  const rows = sources(height, gradientShape[1] ?? 0, attrs);
  const columns = sources(width, gradientShape[2] ?? 0, attrs);
  let gradientAt = 0;
  for (let example = 0; example < examples; example++) {
    for (const row of rows) {
      for (const column of columns) {
        const at = ((example * height + row) * width + column) * channels;
        for (let channel = 0; channel < channels; channel++, gradientAt++) {
          sums[at + channel] = (sums[at + channel] ?? 0) + (gradients[gradientAt] ?? 0);
        }
      }
    }
  }
}
