/**
 * The part of TensorFlow's protocol buffers that a frozen model needs, and nodes made of it. Field numbers:
 * tensorflow/core/framework/*.proto and tensorflow/core/protobuf/{meta_graph,saved_model}.proto.
 */
import protobuf from 'protobufjs';

const DEFINITIONS = `
syntax = "proto3";
package tensorflow;
enum DataType { DT_INVALID = 0; DT_FLOAT = 1; DT_INT32 = 3; DT_UINT8 = 4; }
message TensorShapeProto { message Dim { int64 size = 1; } repeated Dim dim = 2; }
message TensorProto { DataType dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4; }
message AttrValue {
  message ListValue { repeated int64 i = 3; }
  oneof value {
    ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; DataType type = 6; TensorShapeProto shape = 7;
    TensorProto tensor = 8;
  }
}
message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
message VersionDef { int32 producer = 1; int32 min_consumer = 2; }
message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
message TensorInfo { string name = 1; DataType dtype = 2; TensorShapeProto tensor_shape = 3; }
message SignatureDef { map<string, TensorInfo> inputs = 1; map<string, TensorInfo> outputs = 2; string method_name = 3; }
message MetaGraphDef {
  message MetaInfoDef { repeated string tags = 4; string tensorflow_version = 5; bool stripped_default_attrs = 7; }
  MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2; map<string, SignatureDef> signature_def = 5;
}
message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
`;

/** TensorFlow's numbers of types. */
export const DATA_TYPE = { float32: 1, int32: 3, uint8: 4 } as const;

/** Name of a type. */
export type DataType = keyof typeof DATA_TYPE;

/** A value of an attribute, as {@link encodeMessage} takes it. */
export type Attribute = Readonly<Record<string, unknown>>;

/** A node of a graph. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

/** Attributes by kind. */
export const attribute = {
  type: (type: DataType): Attribute => ({ type: DATA_TYPE[type] }),
  text: (value: string): Attribute => ({ s: Buffer.from(value) }),
  integer: (value: number): Attribute => ({ i: value }),
  integers: (values: readonly number[]): Attribute => ({ list: { i: values } }),
  flag: (value: boolean): Attribute => ({ b: value }),
  number: (value: number): Attribute => ({ f: value }),
} as const;

/** A shape; −1 stands for any size. */
export function shapeProto(shape: readonly number[]): Attribute {
  return { dim: shape.map((size) => ({ size })) };
}

/** A node that is a constant. */
export function constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): NodeDef {
  const type = values instanceof Float32Array ? 'float32' : 'int32';
  const tensorContent = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const tensor = { dtype: DATA_TYPE[type], tensorShape: shapeProto(shape), tensorContent };
  return { name, op: 'Const', input: [], attr: { dtype: attribute.type(type), value: { tensor } } };
}

/** Encodes a message. The entries of maps stand in the order given, which makes the bytes deterministic. */
export function encodeMessage(type: 'SavedModel', message: Readonly<Record<string, unknown>>): Uint8Array {
  const messages = protobuf.parse(DEFINITIONS).root.lookupType(`tensorflow.${type}`);
  return messages.encode(messages.fromObject(message)).finish();
}

/** Decodes a message; for looking at what was written. */
export function decodeMessage(type: 'SavedModel', bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const messages = protobuf.parse(DEFINITIONS).root.lookupType(`tensorflow.${type}`);
  return messages.toObject(messages.decode(bytes), { longs: Number });
}
