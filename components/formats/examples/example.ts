/**
 * tf.Example, TensorFlow's message for one example: named features, each a list of bytes, of floats or of int64. Source:
 * tensorflow/core/example/example.proto and feature.proto:
 *
 *     Example  {Features features = 1}          Features {map<string, Feature> feature = 1}
 *     Feature  {oneof kind {BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3}}
 *     BytesList {repeated bytes value = 1}      FloatList, Int64List {repeated value = 1 [packed]}
 *
 * Written deterministically: the bytes are those of Python's `SerializeToString(deterministic=True)`.
 */
import protobuf from 'protobufjs/minimal.js';
import { errorMessage } from '../../../artifacts/system-error.js';
import { StepError } from '../../executor.js';

const { Reader, Writer } = protobuf;

/** Values, other than floats, and features that one example may have: what a few hostile bytes each could ask for. */
const MAX_VALUES = 1_000_000;

/** A feature: one list of one kind. */
export type Feature =
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'float'; readonly values: Float32Array }
  | { readonly kind: 'int64'; readonly values: readonly bigint[] }
  /** Neither list is set. */
  | { readonly kind: 'none' };

/** Features by name. */
export type Example = ReadonlyMap<string, Feature>;

const KIND_FIELDS = { bytes: 1, float: 2, int64: 3 } as const;

const VARINT = 0;
const DELIMITED = 2;
const FIXED32 = 5;

const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/** Floats in protobuf's byte order, little-endian, whatever the machine's. */
function floatBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return bytes;
}

function encodeFeature(feature: Feature): Uint8Array {
  if (feature.kind === 'none') return new Uint8Array(0);
  const list = Writer.create();
  switch (feature.kind) {
    case 'bytes':
      for (const value of feature.values) list.uint32(tag(1, DELIMITED)).bytes(value);
      break;
    case 'float':
      // A packed field without values is left out, as protobuf does.
      if (feature.values.length > 0) list.uint32(tag(1, DELIMITED)).bytes(floatBytes(feature.values));
      break;
    case 'int64':
      if (feature.values.length > 0) {
        list.uint32(tag(1, DELIMITED)).fork();
        for (const value of feature.values) list.int64(longBits(value));
        list.ldelim();
      }
      break;
  }
  return Writer.create().uint32(tag(KIND_FIELDS[feature.kind], DELIMITED)).bytes(list.finish()).finish();
}

/** The halves of an int64, as protobufjs takes it. */
function longBits(value: bigint): { low: number; high: number; unsigned: boolean } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}

/**
 * Orders names as protobuf's upb does, which is inside Python's protobuf: by their UTF-8 bytes, but a name that begins
 * with another one comes before it (`image/raw`, `image`).
 */
function compareNames(a: Buffer, b: Buffer): number {
  const common = Math.min(a.length, b.length);
  return a.compare(b, 0, common, 0, common) || b.length - a.length;
}

/** Serialises an example deterministically: features in the order of {@link compareNames}. */
export function encodeExample(example: Example): Uint8Array {
  const entries = [...example].map(([name, feature]) => ({ name: Buffer.from(name, 'utf8'), feature }));
  entries.sort((a, b) => compareNames(a.name, b.name));
  const features = Writer.create();
  for (const { name, feature } of entries) {
    features.uint32(tag(1, DELIMITED)).fork();
    features.uint32(tag(1, DELIMITED)).bytes(name);
    features.uint32(tag(2, DELIMITED)).bytes(encodeFeature(feature));
    features.ldelim();
  }
  return Writer.create().uint32(tag(1, DELIMITED)).bytes(features.finish()).finish();
}

type FieldHandler = (field: number, wireType: number, reader: protobuf.Reader) => boolean;

/** Walks the fields of a message; those that the handler does not take are skipped, as protobuf does with unknown ones. */
function eachField(bytes: Uint8Array, handle: FieldHandler): void {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const key = reader.tag();
    const wireType = key & 7;
    if (!handle(key >>> 3, wireType, reader)) reader.skipType(wireType, 0, key >>> 3);
  }
}

/** A submessage of field 1 that may come in several pieces, which protobuf joins. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

/** Counts one more value of an example. */
type Count = () => void;

function decodeBytes(list: Uint8Array, count: Count): Feature {
  const values: Uint8Array[] = [];
  eachField(list, (field, wireType, reader) => {
    if (field !== 1 || wireType !== DELIMITED) return false;
    count();
    values.push(reader.bytes());
    return true;
  });
  return { kind: 'bytes', values };
}

function decodeFloats(list: Uint8Array, count: Count): Feature {
  const runs: Uint8Array[] = [];
  eachField(list, (field, wireType, reader) => {
    if (field !== 1 || (wireType !== DELIMITED && wireType !== FIXED32)) return false;
    const run = wireType === DELIMITED ? reader.bytes() : reader.raw(reader.pos, reader.pos + 4);
    if (wireType === FIXED32) reader.skip(4);
    if (run.length % 4 !== 0) throw new RangeError('a list of floats ends inside a float');
    count();
    runs.push(run);
    return true;
  });
  const bytes = joined(runs);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    kind: 'float',
    values: Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true)),
  };
}

function decodeInts(list: Uint8Array, count: Count): Feature {
  const values: bigint[] = [];
  const readOne = (reader: protobuf.Reader): void => {
    count();
    const { low, high } = reader.int64();
    values.push((BigInt(high) << 32n) | BigInt(low >>> 0));
  };
  eachField(list, (field, wireType, reader) => {
    if (field !== 1) return false;
    if (wireType === VARINT) readOne(reader);
    else if (wireType === DELIMITED) {
      const packed = Reader.create(reader.bytes());
      while (packed.pos < packed.len) readOne(packed);
    } else return false;
    return true;
  });
  return { kind: 'int64', values };
}

function decodeFeature(bytes: Uint8Array, count: Count): Feature {
  let kind = 0;
  let pieces: Uint8Array[] = [];
  eachField(bytes, (field, wireType, reader) => {
    if (field < 1 || field > 3 || wireType !== DELIMITED) return false;
    // The last kind stands; pieces of the same kind are joined.
    if (field !== kind) pieces = [];
    kind = field;
    count();
    pieces.push(reader.bytes());
    return true;
  });
  switch (kind) {
    case KIND_FIELDS.bytes:
      return decodeBytes(joined(pieces), count);
    case KIND_FIELDS.float:
      return decodeFloats(joined(pieces), count);
    case KIND_FIELDS.int64:
      return decodeInts(joined(pieces), count);
    default:
      return { kind: 'none' };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a serialised example. The bytes of its features are views into `bytes`.
 *
 * @param where - says in messages which example it is
 * @throws StepError `example-invalid` when the bytes are no tf.Example
 */
export function decodeExample(bytes: Uint8Array, where: string): Example {
  const example = new Map<string, Feature>();
  let values = 0;
  const count = (): void => {
    if (++values > MAX_VALUES) throw new RangeError(`it has more than ${String(MAX_VALUES)} values`);
  };
  try {
    eachField(bytes, (field, wireType, reader) => {
      if (field !== 1 || wireType !== DELIMITED) return false;
      eachField(reader.bytes(), (mapField, mapWireType, features) => {
        if (mapField !== 1 || mapWireType !== DELIMITED) return false;
        count();
        let name = '';
        const pieces: Uint8Array[] = [];
        eachField(features.bytes(), (entryField, entryWireType, entry) => {
          if ((entryField !== 1 && entryField !== 2) || entryWireType !== DELIMITED) return false;
          if (entryField === 1) name = utf8.decode(entry.bytes());
          else pieces.push(entry.bytes());
          return true;
        });
        example.set(name, decodeFeature(joined(pieces), count));
        return true;
      });
      return true;
    });
  } catch (error) {
    throw new StepError(
      'example-invalid',
      `${where} is no tf.Example: ${errorMessage(error)}`,
      'write it as a serialised tf.Example',
    );
  }
  return example;
}
