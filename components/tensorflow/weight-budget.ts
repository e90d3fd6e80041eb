/**
 * Keeps a topology from asking for more weights than come with it: TensorFlow.js makes the weights that the layers ask for
 * before it looks whether there are any.
 */
import type { TensorFlow } from './tensorflow.js';

interface Weighty {
  addWeight: (this: unknown, name: string, shape: readonly (number | null)[], ...more: readonly unknown[]) => unknown;
}

/**
 * Loads a model; nothing else may be loaded meanwhile.
 *
 * @param values - how many values its weights may have
 * @param fail - called when they would have more
 */
export async function withinWeights<T>(
  { layers }: TensorFlow,
  values: number,
  load: () => Promise<T>,
  fail: () => never,
): Promise<T> {
  // Every layer makes its weights by this method.
  const prototype = layers.Layer.prototype as unknown as Weighty;
  const { addWeight } = prototype;
  let left = values;
  prototype.addWeight = function (name, shape, ...more) {
    left -= shape.reduce<number>((product, size) => product * (size ?? 0), 1);
    // Also when it is no number.
    return left >= 0 ? addWeight.call(this, name, shape, ...more) : fail();
  };
  try {
    return await load();
  } finally {
    prototype.addWeight = addWeight;
  }
}
