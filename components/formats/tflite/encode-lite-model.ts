/**
 * The bytes of a `.tflite` file. Slots: tensorflow/lite/schema/schema.fbs, version 3.
 */
import { encodeFlatBuffer, flat, type FlatTable } from './flat-table.js';
import { LITE_TYPE, type LiteModel, type LiteOperator, type LiteSignatureTensor } from './lite-model.js';
import { liteOperator, minimumRuntime } from './lite-operators.js';

const SCHEMA_VERSION = 3;

/** Larger codes stand only in the newer of the two fields that hold an operator's code. */
const LARGEST_DEPRECATED_CODE = 127;

/** Length of the metadata `min_runtime_version`: text, filled up with zeros. */
const RUNTIME_VERSION_LENGTH = 16;

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function codeKey({ name, version }: LiteOperator): string {
  return `${name} ${String(version)}`;
}

function operatorCode({ name, version }: LiteOperator): FlatTable {
  const { code } = liteOperator(name);
  return { 0: flat.int8(Math.min(code, LARGEST_DEPRECATED_CODE)), 2: flat.int32(version), 3: flat.int32(code) };
}

function operatorTable(operator: LiteOperator, codes: readonly string[]): FlatTable {
  const { options } = liteOperator(operator.name);
  return {
    0: flat.int32(codes.indexOf(codeKey(operator))),
    1: flat.int32s(operator.inputs),
    2: flat.int32s(operator.outputs),
    ...(options === undefined ? {} : { 3: flat.int8(options), 4: flat.table(operator.options ?? {}) }),
  };
}

function signatureTensor({ name, tensor }: LiteSignatureTensor): FlatTable {
  return { 0: flat.text(name), 1: flat.int32(tensor) };
}

/** Encodes a model; the same bytes for the same model. */
export function encodeLiteModel(model: LiteModel): Uint8Array {
  const { operators, inputs, output } = model;
  const kinds = new Map(operators.map((operator) => [codeKey(operator), operator]));
  const codes = [...kinds.keys()];
  // The first buffer is empty: that of all tensors that are no constants.
  const buffers: FlatTable[] = [{}];
  const addBuffer = (data: Uint8Array): number => buffers.push({ 0: flat.bytes(data) }) - 1;
  const tensors = model.tensors.map(({ name, type, shape, values }): FlatTable => ({
    0: flat.int32s(shape),
    1: flat.int8(LITE_TYPE[type]),
    2: flat.int32(values === undefined ? 0 : addBuffer(bytesOf(values))),
    3: flat.text(name),
    8: flat.bool(true),
  }));
  const runtime = new Uint8Array(RUNTIME_VERSION_LENGTH);
  runtime.set(Buffer.from(minimumRuntime(operators)));
  const subgraph: FlatTable = {
    0: flat.tables(tensors),
    1: flat.int32s(inputs.map(({ tensor }) => tensor)),
    2: flat.int32s([output.tensor]),
    3: flat.tables(operators.map((operator) => operatorTable(operator, codes))),
    4: flat.text('main'),
  };
  const signature: FlatTable = {
    0: flat.tables(inputs.map(signatureTensor)),
    1: flat.tables([signatureTensor(output)]),
    2: flat.text('serving_default'),
    4: flat.int32(0),
  };
  const metadata: FlatTable = { 0: flat.text('min_runtime_version'), 1: flat.int32(addBuffer(runtime)) };
  const root: FlatTable = {
    0: flat.int32(SCHEMA_VERSION),
    1: flat.tables([...kinds.values()].map(operatorCode)),
    2: flat.tables([subgraph]),
    3: flat.text('tfjs-pipelines'),
    4: flat.tables(buffers),
    6: flat.tables([metadata]),
    7: flat.tables([signature]),
  };
  return encodeFlatBuffer(root, 'TFL3');
}
