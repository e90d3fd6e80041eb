/**
 * Makes the wasm backend (4.22) able to train: what it lacks, has wrong or has too slow for that is registered in its
 * place. To be called after the backend's module is loaded and before the backend is set.
 */
import { averagePoolGradient } from './average-pool-gradient.js';
import { kernelLender, unless } from './borrowed-kernels.js';
import { conv2dBackpropFilter, conv2dBackpropInput } from './conv2d-gradients.js';
import { sumOverAllButLast, tileOfChannels } from './channel-kernels.js';
import { depthwiseBackprop } from './depthwise-gradients.js';
import { isReplaced, ownKernel, ownKernels, replaceKernel } from './kernel.js';
import { matMulOfTransposed } from './mat-mul.js';
import { maxPoolGradient } from './max-pool-gradient.js';
import { unsortedSegmentSum } from './segment-sum.js';

/** Registers the kernels, unless they are. */
export function registerTrainingKernels(): void {
  if (isReplaced('Sum')) return;
  const own = ownKernels();
  const borrowed = kernelLender();
  const matMul = matMulOfTransposed(own.matMul, own);
  replaceKernel(
    'BatchMatMul',
    unless(({ a, b }) => a?.dtype !== 'float32' || b?.dtype !== 'float32', matMul, borrowed('BatchMatMul')),
  );
  replaceKernel('_FusedMatMul', matMulOfTransposed(own.fusedMatMul, own));
  replaceKernel('Conv2DBackpropFilter', conv2dBackpropFilter(own));
  replaceKernel('Conv2DBackpropInput', conv2dBackpropInput(own));
  replaceKernel('DepthwiseConv2dNativeBackpropFilter', depthwiseBackprop('filter'));
  replaceKernel('DepthwiseConv2dNativeBackpropInput', depthwiseBackprop('input'));
  replaceKernel('MaxPoolGrad', maxPoolGradient);
  replaceKernel('AvgPoolGrad', averagePoolGradient);
  replaceKernel('AvgPool3DGrad', averagePoolGradient);
  replaceKernel('UnsortedSegmentSum', unsortedSegmentSum);
  replaceKernel(
    'Cast',
    unless((_, { dtype }) => dtype === 'bool', ownKernel('Cast'), borrowed('Cast')),
  );
  for (const name of ['Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2', 'Einsum', 'MaxPool3D', 'MaxPool3DGrad']) {
    replaceKernel(name, borrowed(name));
  }
  replaceKernel('Sum', sumOverAllButLast(own));
  replaceKernel('Tile', tileOfChannels(own));
}
