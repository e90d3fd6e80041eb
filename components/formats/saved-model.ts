/**
 * SavedModel: a frozen graph, its weights constants, with the signature serving_default. TensorFlow and TensorFlow Serving
 * load it without a folder of variables; training it further needs the TensorFlow.js model.
 */
import {
  attribute,
  constant,
  DATA_TYPE,
  encodeMessage,
  shapeProto,
  type Attribute,
  type NodeDef,
} from './graph-def.js';
import type { ActivationName, GraphStep, GraphTensor, InferenceGraph } from './inference-graph.js';

const FLOAT = { T: attribute.type('float32') };
const NHWC = { data_format: attribute.text('NHWC') };

const ACTIVATIONS: Readonly<Record<ActivationName, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softmax: 'Softmax',
};

/** Attributes in the order of their names, so that the bytes are always the same. */
function sorted(attr: Readonly<Record<string, Attribute>>): Readonly<Record<string, Attribute>> {
  return Object.fromEntries(Object.entries(attr).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Gives every tensor a name that TensorFlow allows for a node; no two the same. */
function nodeNames({ inputs, steps }: InferenceGraph): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const tensors = [
    ...inputs.map(({ name }) => [name, `serving_default_${name}`]),
    ...steps.map(({ output }) => [output.name, output.name]),
  ];
  return new Map(
    tensors.map(([name = '', wanted = '']) => {
      const allowed = wanted.replaceAll(/[^A-Za-z0-9_./-]/gu, '_').replace(/^[^A-Za-z0-9.]/u, 'n$&');
      let free = allowed;
      for (let count = 1; taken.has(free); count++) free = `${allowed}_${String(count)}`;
      taken.add(free);
      return [name, free];
    }),
  );
}

/**
 * @param names - of the nodes that the step takes
 * @param name - of the node that it becomes; nodes beside it begin with that
 */
function operationNodes(
  { operation, inputs, output }: GraphStep,
  names: readonly string[],
  name: string,
): readonly NodeDef[] {
  const node = (op: string, more: readonly string[], attr: Readonly<Record<string, Attribute>>): NodeDef => ({
    name,
    op,
    input: [...names, ...more],
    attr,
  });
  switch (operation.op) {
    case 'cast':
      return [
        node('Cast', [], {
          SrcT: attribute.type(inputs[0]?.dtype ?? 'float32'),
          DstT: attribute.type('float32'),
          Truncate: attribute.flag(false),
        }),
      ];
    case 'sum':
      return [node('AddV2', [], FLOAT)];
    case 'product':
      return [node('Mul', [], FLOAT)];
    case 'concatenate': {
      const axis = constant(`${name}/axis`, Int32Array.of(operation.axis + 1), []);
      return [
        axis,
        node('ConcatV2', [axis.name], {
          ...FLOAT,
          N: attribute.integer(names.length),
          Tidx: attribute.type('int32'),
        }),
      ];
    }
    case 'multiply':
    case 'add': {
      const by = constant(`${name}/by`, operation.by, [operation.by.length]);
      return [by, node(operation.op === 'add' ? 'AddV2' : 'Mul', [by.name], FLOAT)];
    }
    case 'conv2d':
    case 'depthwise_conv2d': {
      const filter = constant(`${name}/filter`, operation.filter, operation.filterShape);
      const bias = constant(`${name}/bias`, operation.bias, [operation.bias.length]);
      const attr = {
        ...FLOAT,
        ...NHWC,
        strides: attribute.integers([1, ...operation.strides, 1]),
        dilations: attribute.integers([1, ...operation.dilations, 1]),
        padding: attribute.text(operation.padding.toUpperCase()),
        explicit_paddings: attribute.integers([]),
        ...(operation.op === 'conv2d' ? { use_cudnn_on_gpu: attribute.flag(true) } : {}),
      };
      const op = operation.op === 'conv2d' ? 'Conv2D' : 'DepthwiseConv2dNative';
      const convolved = { ...node(op, [filter.name], attr), name: `${name}/convolved` };
      return [
        filter,
        bias,
        convolved,
        { ...node('BiasAdd', [], { ...FLOAT, ...NHWC }), input: [convolved.name, bias.name] },
      ];
    }
    case 'dense': {
      const kernel = constant(`${name}/kernel`, operation.kernel, [
        operation.kernel.length / operation.bias.length,
        operation.bias.length,
      ]);
      const bias = constant(`${name}/bias`, operation.bias, [operation.bias.length]);
      const attr = { ...FLOAT, transpose_a: attribute.flag(false), transpose_b: attribute.flag(false) };
      const product = { ...node('MatMul', [kernel.name], attr), name: `${name}/product` };
      return [
        kernel,
        bias,
        product,
        { ...node('BiasAdd', [], { ...FLOAT, ...NHWC }), input: [product.name, bias.name] },
      ];
    }
    case 'max_pool':
    case 'average_pool':
      return [
        node(operation.op === 'max_pool' ? 'MaxPool' : 'AvgPool', [], {
          ...FLOAT,
          ...NHWC,
          ksize: attribute.integers([1, ...operation.size, 1]),
          strides: attribute.integers([1, ...operation.strides, 1]),
          padding: attribute.text(operation.padding.toUpperCase()),
          ...(operation.op === 'max_pool' ? { explicit_paddings: attribute.integers([]) } : {}),
        }),
      ];
    case 'pad': {
      const values = Int32Array.from([0, 0, ...operation.rows, ...operation.columns, 0, 0]);
      const paddings = constant(`${name}/paddings`, values, [4, 2]);
      return [paddings, node('Pad', [paddings.name], { ...FLOAT, Tpaddings: attribute.type('int32') })];
    }
    case 'reshape': {
      const shape = constant(`${name}/shape`, Int32Array.from([-1, ...output.shape]), [output.shape.length + 1]);
      return [shape, node('Reshape', [shape.name], { ...FLOAT, Tshape: attribute.type('int32') })];
    }
    case 'spatial_mean':
    case 'spatial_max': {
      const axes = constant(`${name}/axes`, Int32Array.from([1, 2]), [2]);
      const attr = { ...FLOAT, Tidx: attribute.type('int32'), keep_dims: attribute.flag(false) };
      return [axes, node(operation.op === 'spatial_mean' ? 'Mean' : 'Max', [axes.name], attr)];
    }
    case 'activation':
      return [node(ACTIVATIONS[operation.name], [], FLOAT)];
    case 'leaky_relu':
      return [node('LeakyRelu', [], { ...FLOAT, alpha: attribute.number(operation.alpha) })];
  }
}

function batched(tensor: GraphTensor): readonly number[] {
  return [-1, ...tensor.shape];
}

/** The bytes of `saved_model.pb`. */
export function encodeSavedModel(graph: InferenceGraph): Uint8Array {
  const { inputs, steps, output, outputName } = graph;
  const names = nodeNames(graph);
  const nameOf = (tensor: GraphTensor): string => names.get(tensor.name) ?? '';
  const placeholders = inputs.map((input): NodeDef => ({
    name: nameOf(input),
    op: 'Placeholder',
    input: [],
    attr: { dtype: attribute.type(input.dtype), shape: { shape: shapeProto(batched(input)) } },
  }));
  const nodes = steps.flatMap((step) => operationNodes(step, step.inputs.map(nameOf), nameOf(step.output)));
  const result: NodeDef = { name: 'StatefulPartitionedCall', op: 'Identity', input: [nameOf(output)], attr: FLOAT };
  const tensorInfo = (name: string, tensor: GraphTensor): Attribute => ({
    name: `${name}:0`,
    dtype: DATA_TYPE[tensor.dtype],
    tensorShape: shapeProto(batched(tensor)),
  });
  return encodeMessage('SavedModel', {
    savedModelSchemaVersion: 1,
    metaGraphs: [
      {
        metaInfoDef: { tags: ['serve'], tensorflowVersion: '2.13.0', strippedDefaultAttrs: true },
        graphDef: {
          node: [...placeholders, ...nodes, result].map((node) => ({ ...node, attr: sorted(node.attr) })),
          versions: { producer: 1395, minConsumer: 12 },
        },
        signatureDef: {
          serving_default: {
            inputs: Object.fromEntries(inputs.map((input) => [input.name, tensorInfo(nameOf(input), input)])),
            outputs: { [outputName]: tensorInfo(result.name, output) },
            methodName: 'tensorflow/serving/predict',
          },
        },
      },
    ],
  });
}
