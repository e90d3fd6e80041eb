/**
 * What the code of a user's model is written with: `import type { BuildModelInput } from 'tfjs-pipelines/model'`. Apart
 * from the package's other types, so that only those who build models need the types of TensorFlow.js, which want
 * `skipLibCheck`.
 */
import type { HpValues } from '../training-params.js';
import type { TensorFlow } from './tensorflow.js';

export type { HpValues, TensorFlow };

/** What a user's `buildModel` gets. */
export interface BuildModelInput {
  /** The one TensorFlow.js of this process: core and layers, tensors with chained operations. */
  readonly tf: TensorFlow;
  readonly hp: HpValues;
  /** Of one example. */
  readonly inputShape: readonly number[];
  /** Names by index; empty for a regression. */
  readonly classes: readonly string[];
  readonly seed: number;
}
