/**
 * Gradients that TensorFlow.js has wrong, on any backend.
 */
import type { GradFunc, Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlow } from './tensorflow.js';

/** Repairs the gradients that `tf` knows. */
export function repairGradients(tf: TensorFlow): void {
  const register = (kernelName: string, inputsToSave: string[], gradFunc: GradFunc): void => {
    tf.registerGradient({ kernelName, inputsToSave, gradFunc });
  };
  const axisOf = (attrs: Parameters<GradFunc>[2]): number => attrs['axis'] as number;
  // The gradient of a single piece comes as it is, not in a list: recurrent layers cut sequences into their steps.
  register('Unpack', [], (dy, _, attrs) => ({ value: () => tf.stack([dy].flat(), axisOf(attrs)) }));
  register('SplitV', [], (dy, _, attrs) => ({ x: () => tf.concat([dy].flat(), axisOf(attrs)) }));
  // Its own one transposes the result where the axis is not the last.
  register('Cumsum', [], (dy, _, attrs) => ({
    x: () => tf.cumsum(dy as Tensor, axisOf(attrs), attrs['exclusive'] === true, attrs['reverse'] !== true),
  }));
}
