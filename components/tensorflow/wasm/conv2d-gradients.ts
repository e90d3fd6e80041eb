/**
 * Gradients of a convolution, as convolutions themselves: the backend lacks the one for the filter and has a slow one for
 * the input. NHWC only, as all layers here.
 */
import { backend_util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { free, required, type OwnKernels, type WasmKernel } from './kernel.js';

type Shape4D = [number, number, number, number];
type ConvInfo = ReturnType<typeof backend_util.computeConv2DInfo>;

function convInfo(inputShape: readonly number[], filterShape: readonly number[], attrs: NamedAttrMap): ConvInfo {
  return backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    attrs['strides'] as [number, number],
    1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | undefined,
    false,
    'channelsLast',
  );
}

/** A convolution with 1 × 1 filters is a product of matrices. */
function isPointwise({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo }: ConvInfo): boolean {
  return (
    filterHeight === 1 &&
    filterWidth === 1 &&
    strideHeight === 1 &&
    strideWidth === 1 &&
    padInfo.top === 0 &&
    padInfo.left === 0
  );
}

const PLAIN = { transposeA: false, transposeB: false };

/**
 * dL/dfilter: the input, with channels in the place of examples, convolved with dL/dy as a filter whose elements lie a
 * stride apart.
 */
export function conv2dBackpropFilter(own: OwnKernels): WasmKernel {
  return (inputs, attrs, backend) => {
    const x = required(inputs, 'x');
    const dy = required(inputs, 'dy');
    const info = convInfo(x.shape, attrs['filterShape'] as number[], attrs);
    const { batchSize, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = info;
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
    if (isPointwise(info)) {
      const pixels = batchSize * inHeight * inWidth;
      const rows = own.reshape(x, [pixels, inChannels], backend);
      const gradients = own.reshape(dy, [pixels, outChannels], backend);
      const columns = own.transpose(rows, [1, 0], backend);
      const product = own.matMul({ a: columns, b: gradients }, PLAIN, backend);
      const result = own.reshape(product, [1, 1, inChannels, outChannels], backend);
      free(backend, [rows, gradients, columns, product]);
      return result;
    }
    const made: TensorInfo[] = [];
    const keep = (tensor: TensorInfo): TensorInfo => {
      made.push(tensor);
      return tensor;
    };
    let image = keep(own.transpose(x, [3, 1, 2, 0], backend));
    const filter = keep(own.transpose(dy, [1, 2, 0, 3], backend));
    // The result must be exactly as large as the filter: pad at the end, or cut off what no window reached.
    const bottom = filterHeight - 1 + (outHeight - 1) * strideHeight + 1 - inHeight - padInfo.top;
    const right = filterWidth - 1 + (outWidth - 1) * strideWidth + 1 - inWidth - padInfo.left;
    if (bottom < 0 || right < 0) {
      const size = [inChannels, inHeight + Math.min(bottom, 0), inWidth + Math.min(right, 0), batchSize];
      image = keep(own.slice(image, size, backend));
    }
    const pad = [
      [0, 0],
      [padInfo.top, Math.max(bottom, 0)],
      [padInfo.left, Math.max(right, 0)],
      [0, 0],
    ];
    const dilations = [strideHeight, strideWidth];
    const gradient = keep(
      own.conv2d({ x: image, filter }, { strides: 1, pad, dataFormat: 'NHWC', dilations }, backend),
    );
    const result = own.transpose(gradient, [1, 2, 0, 3], backend);
    free(backend, made);
    return result;
  };
}

/** dL/dx: dL/dy, with zeros between its elements where the stride is larger than 1, convolved with the turned filter. */
export function conv2dBackpropInput(own: OwnKernels): WasmKernel {
  return (inputs, attrs, backend) => {
    const dy = required(inputs, 'dy');
    const filter = required(inputs, 'filter');
    const inputShape = attrs['inputShape'] as number[];
    const info = convInfo(inputShape, filter.shape, attrs);
    const { batchSize, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = info;
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
    const made: TensorInfo[] = [];
    const keep = (tensor: TensorInfo): TensorInfo => {
      made.push(tensor);
      return tensor;
    };
    if (isPointwise(info)) {
      const matrix = keep(own.reshape(filter, [inChannels, outChannels], backend));
      const turned = keep(own.transpose(matrix, [1, 0], backend));
      const gradients = keep(own.reshape(dy, [batchSize * inHeight * inWidth, outChannels], backend));
      const product = keep(own.matMul({ a: gradients, b: turned }, PLAIN, backend));
      const result = own.reshape(product, inputShape, backend);
      free(backend, made);
      return result;
    }
    const reversed = keep(own.reverse(filter, [0, 1], backend));
    const turned = keep(own.transpose(reversed, [0, 1, 3, 2], backend));
    let gradients = dy;
    let height = outHeight;
    let width = outWidth;
    if (strideHeight > 1 || strideWidth > 1) {
      const none = [0, 0] as const;
      const pixels = keep(own.reshape(dy, [batchSize * outHeight * outWidth, outChannels], backend));
      const wider = keep(own.pad(pixels, [none, [0, (strideWidth - 1) * outChannels]], backend));
      const rowSize = outWidth * strideWidth * outChannels;
      const rows = keep(own.reshape(wider, [batchSize * outHeight, rowSize], backend));
      const higher = keep(own.pad(rows, [none, [0, (strideHeight - 1) * rowSize]], backend));
      height *= strideHeight;
      width *= strideWidth;
      gradients = keep(own.reshape(higher, [batchSize, height, width, outChannels], backend));
    }
    const top = filterHeight - 1 - padInfo.top;
    const left = filterWidth - 1 - padInfo.left;
    const bottom = inHeight - height - top + filterHeight - 1;
    const right = inWidth - width - left + filterWidth - 1;
    if (bottom < 0 || right < 0) {
      const size = [batchSize, height + Math.min(0, bottom), width + Math.min(0, right), outChannels];
      gradients = keep(own.slice(gradients, size, backend));
    }
    const pad = [
      [0, 0],
      [top, Math.max(bottom, 0)],
      [left, Math.max(right, 0)],
      [0, 0],
    ];
    const result = own.conv2d(
      { x: gradients, filter: turned },
      { strides: 1, pad, dataFormat: 'NHWC', dilations: 1 },
      backend,
    );
    free(backend, made);
    return result;
  };
}
