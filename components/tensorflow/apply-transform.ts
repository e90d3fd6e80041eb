/**
 * The steps of a transform on tensors. What happens before there are tensors (decoding images, looking up text) is the
 * business of whoever reads the examples.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { standardizeFactors, type TransformStep } from '../formats/transform/transform-graph.js';
import type { TensorFlow } from './tensorflow.js';

function applyStep(tf: TensorFlow, tensor: Tensor, step: TransformStep): Tensor {
  switch (step.op) {
    case 'cast': {
      const numbers = tf.cast(tensor, 'float32');
      return numbers.rank === 1 ? tf.expandDims(numbers, 1) : numbers;
    }
    case 'scale':
      return tf.add(tf.mul(tensor, tf.tensor1d([...step.multiply])), tf.tensor1d([...step.add]));
    case 'standardize':
      return tf.mul(tf.sub(tensor, tf.tensor1d([...step.mean])), tf.tensor1d([...standardizeFactors(step)]));
    case 'one_hot':
      return tf.oneHot(tf.cast(tensor, 'int32'), step.depth, 1, 0, 'float32');
    case 'decode':
    case 'vocabulary':
      throw new Error(`${step.op} is applied before there are tensors`);
  }
}

/**
 * Applies steps to a batch, in order.
 *
 * @param steps - without `decode` and `vocabulary`, which are applied before there are tensors
 * @param tensor - the batch, examples first; stays the caller's
 * @returns a new tensor, the caller's to dispose; nothing else stays allocated
 */
export function applySteps(tf: TensorFlow, steps: readonly TransformStep[], tensor: Tensor): Tensor {
  return tf.tidy(() => steps.reduce((batch, step) => applyStep(tf, batch, step), tf.clone(tensor)));
}
