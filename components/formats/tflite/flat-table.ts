/**
 * FlatBuffer tables as plain data, and their bytes. Knows nothing of models; the only user of the `flatbuffers` package.
 */
import { Builder, type Offset } from 'flatbuffers';

/** What a field of a table holds. */
export type FlatValue =
  | { readonly kind: 'int8' | 'int32' | 'float32'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'int32s'; readonly values: readonly number[] }
  /** Aligned to {@link ALIGNMENT} bytes from the start of the file, so that numbers can be read in place. */
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'table'; readonly value: FlatTable }
  | { readonly kind: 'tables'; readonly values: readonly FlatTable[] };

/** A table: values by the number of their slot. */
export type FlatTable = Readonly<Record<number, FlatValue>>;

/** Values by kind. Unsigned numbers and enumerations are written as signed ones of the same width. */
export const flat = {
  int8: (value: number): FlatValue => ({ kind: 'int8', value }),
  int32: (value: number): FlatValue => ({ kind: 'int32', value }),
  float32: (value: number): FlatValue => ({ kind: 'float32', value }),
  bool: (value: boolean): FlatValue => ({ kind: 'bool', value }),
  text: (value: string): FlatValue => ({ kind: 'text', value }),
  int32s: (values: readonly number[]): FlatValue => ({ kind: 'int32s', values }),
  bytes: (value: Uint8Array): FlatValue => ({ kind: 'bytes', value }),
  table: (value: FlatTable): FlatValue => ({ kind: 'table', value }),
  tables: (values: readonly FlatTable[]): FlatValue => ({ kind: 'tables', values }),
} as const;

/** Alignment of byte vectors. */
export const ALIGNMENT = 16;

function offsets(builder: Builder, items: readonly Offset[]): Offset {
  builder.startVector(4, items.length, 4);
  for (const item of items.toReversed()) builder.addOffset(item);
  return builder.endVector();
}

/** Writes what lies outside of a table; undefined for what lies in it. */
function writeOutside(builder: Builder, value: FlatValue): Offset | undefined {
  switch (value.kind) {
    case 'text':
      return builder.createString(value.value);
    case 'int32s':
      builder.startVector(4, value.values.length, 4);
      for (const item of value.values.toReversed()) builder.addInt32(item);
      return builder.endVector();
    case 'bytes':
      builder.prep(ALIGNMENT, value.value.length);
      return builder.createByteVector(value.value);
    case 'table':
      return writeTable(builder, value.value);
    case 'tables':
      return offsets(
        builder,
        value.values.map((table) => writeTable(builder, table)),
      );
    default:
      return undefined;
  }
}

function writeField(builder: Builder, slot: number, value: FlatValue, outside: Offset | undefined): void {
  switch (value.kind) {
    case 'int8':
      builder.addFieldInt8(slot, value.value, 0);
      return;
    case 'int32':
      builder.addFieldInt32(slot, value.value, 0);
      return;
    case 'float32':
      builder.addFieldFloat32(slot, value.value, 0);
      return;
    case 'bool':
      builder.addFieldInt8(slot, Number(value.value), 0);
      return;
    default:
      builder.addFieldOffset(slot, outside ?? 0, 0);
  }
}

function writeTable(builder: Builder, table: FlatTable): Offset {
  const fields = Object.entries(table).map(([slot, value]) => ({ slot: Number(slot), value }));
  const written = fields.map((field) => ({ ...field, outside: writeOutside(builder, field.value) }));
  builder.startObject(Math.max(-1, ...fields.map(({ slot }) => slot)) + 1);
  for (const { slot, value, outside } of written) writeField(builder, slot, value, outside);
  return builder.endObject();
}

/**
 * The bytes of a FlatBuffer. Every field given is written, be it the schema's default or not.
 *
 * @param identifier - four characters: the schema's `file_identifier`
 */
export function encodeFlatBuffer(root: FlatTable, identifier: string): Uint8Array {
  const builder = new Builder(1024);
  builder.forceDefaults(true);
  builder.finish(writeTable(builder, root), identifier);
  return builder.asUint8Array();
}
