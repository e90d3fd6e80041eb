/**
 * Makes the wasm backend (4.22) able to train: what it lacks, has wrong or has too slow for that is registered in its
 * place. To be called once, after the backend's module is loaded and before the backend is set.
 */
import { conv2dBackpropFilter, conv2dBackpropInput } from './conv2d-gradients.js';
import { sumOverAllButLast, tileOfChannels } from './channel-kernels.js';
import { depthwiseBackprop } from './depthwise-gradients.js';
import { ownKernels, replaceKernel } from './kernel.js';
import { matMulOfTransposed } from './mat-mul.js';
import { maxPoolGradient } from './max-pool-gradient.js';

/** Registers the kernels. */
export function registerTrainingKernels(): void {
  const own = ownKernels();
  replaceKernel('BatchMatMul', matMulOfTransposed(own.matMul, own));
  replaceKernel('_FusedMatMul', matMulOfTransposed(own.fusedMatMul, own));
  replaceKernel('Conv2DBackpropFilter', conv2dBackpropFilter(own));
  replaceKernel('Conv2DBackpropInput', conv2dBackpropInput(own));
  replaceKernel('DepthwiseConv2dNativeBackpropFilter', depthwiseBackprop('filter'));
  replaceKernel('DepthwiseConv2dNativeBackpropInput', depthwiseBackprop('input'));
  replaceKernel('MaxPoolGrad', maxPoolGradient);
  replaceKernel('Sum', sumOverAllButLast(own));
  replaceKernel('Tile', tileOfChannels(own));
}
