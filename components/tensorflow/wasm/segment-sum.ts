/**
 * Sums of rows by segment, which the backend lacks: the gradient of looking rows up, and so of an embedding.
 */
import { util } from '@tensorflow/tfjs-core';
import { heap, required, type WasmKernel } from './kernel.js';

/** Row s of the result is the sum of the rows whose segment is s; rows of other segments count nowhere. */
export const unsortedSegmentSum: WasmKernel = (inputs, attrs, backend) => {
  const x = required(inputs, 'x');
  const segmentIds = required(inputs, 'segmentIds');
  const segments = attrs['numSegments'] as number;
  const row = x.shape.slice(segmentIds.shape.length);
  const size = util.sizeFromShape(row);
  const result = backend.makeOutput([segments, ...row], x.dtype);
  const sums = heap(backend, result).fill(0);
  const values = heap(backend, x);
  heap(backend, segmentIds).forEach((segment, index) => {
    if (segment < 0 || segment >= segments) return;
    for (let from = index * size, to = segment * size; from < (index + 1) * size; from++, to++) {
      sums[to] = (sums[to] ?? 0) + (values[from] ?? 0);
    }
  });
  return result;
};
