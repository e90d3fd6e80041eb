/**
 * TensorFlow.js with its plain JavaScript backend, which is the reference for numbers in tests.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { registerPlainTrainingKernels } from '../../components/tensorflow/cpu/training-kernels.js';
import { repairLayers } from '../../components/tensorflow/layer-repairs.js';
import type { TensorFlow } from '../../components/tensorflow/tensorflow.js';

// Its advice to install the native backend is for users.
core.env().set('IS_TEST', true);

export const tf: TensorFlow = { ...core, ...layers };
registerPlainTrainingKernels();
repairLayers(tf);
