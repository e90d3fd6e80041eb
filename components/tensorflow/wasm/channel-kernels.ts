/**
 * Sums over all but the channels, and copies of one value a channel: what batch normalisation and biases need most. The
 * backend's general ways transpose four dimensions for it.
 */
import { util } from '@tensorflow/tfjs-core';
import { heap, required, type OwnKernels, type WasmKernel } from './kernel.js';

/** Sum over all axes but the last, in double precision; any other sum is the backend's. */
export function sumOverAllButLast(own: OwnKernels): WasmKernel {
  return (inputs, attrs, backend) => {
    const x = required(inputs, 'x');
    const rank = x.shape.length;
    const axes = util.parseAxisParam(attrs['axis'] as number[], x.shape);
    if (x.dtype !== 'float32' || rank < 2 || axes.length !== rank - 1 || axes.includes(rank - 1)) {
      return own.sum(inputs, attrs, backend);
    }
    const channels = x.shape[rank - 1] ?? 0;
    const keeps = attrs['keepDims'] === true;
    const shape = keeps ? x.shape.map((size, axis) => (axis === rank - 1 ? size : 1)) : [channels];
    const result = backend.makeOutput(shape, 'float32');
    const values = heap(backend, x);
    const sums = new Float64Array(channels);
    for (let at = 0; at < values.length;) {
      for (let channel = 0; channel < channels; channel++, at++) {
        sums[channel] = (sums[channel] ?? 0) + (values[at] ?? 0);
      }
    }
    heap(backend, result).set(sums);
    return result;
  };
}

/** Tile of [1, …, 1, channels] along all but the last axis; any other is the backend's. */
export function tileOfChannels(own: OwnKernels): WasmKernel {
  return (inputs, attrs, backend) => {
    const x = required(inputs, 'x');
    const reps = attrs['reps'] as number[];
    const rank = x.shape.length;
    const channels = x.shape[rank - 1] ?? 0;
    if (x.dtype !== 'float32' || rank < 2 || reps[rank - 1] !== 1 || util.sizeFromShape(x.shape) !== channels) {
      return own.tile(inputs, attrs, backend);
    }
    const result = backend.makeOutput(
      x.shape.map((size, axis) => size * (reps[axis] ?? 1)),
      'float32',
    );
    const values = heap(backend, result);
    values.set(heap(backend, x));
    for (let filled = channels; filled < values.length; filled *= 2) {
      values.copyWithin(filled, 0, Math.min(filled, values.length - filled));
    }
    return result;
  };
}
