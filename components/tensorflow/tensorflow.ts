/**
 * The type of TensorFlow.js as this project uses it: core and layers in one object. Which copy of it is loaded, and what
 * it computes with, is decided in `backend.ts` alone; all other modules import types only and take the object as an
 * argument, for two loaded copies would not know each other's tensors.
 */
import type * as core from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';

// It exports nothing, and declares the methods that chained-operations.ts gives tensors. An import would not reach users.
export type * from '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

/** All that the two packages export. */
export type TensorFlow = Omit<typeof core, 'default'> & Omit<typeof layers, 'default'>;
