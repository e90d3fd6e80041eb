/**
 * The features of many examples, gathered into one array a feature. Every value is checked against the feature's
 * declaration.
 */
import type { Column, FeatureSpec } from './examples-info.js';
import type { Feature } from './example.js';

/** Gathers one feature of examples that come one after the other. */
export interface ColumnBuilder {
  /** Takes the next example's feature. @throws RangeError that says in what it is not as declared */
  add(feature: Feature | undefined): void;
  /** What was gathered. */
  column(): Column;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function oneOf(feature: Feature | undefined, kind: 'bytes'): Uint8Array;
function oneOf(feature: Feature | undefined, kind: 'int64'): bigint;
function oneOf(feature: Feature | undefined, kind: 'bytes' | 'int64'): Uint8Array | bigint {
  if (feature === undefined) throw new RangeError('it is missing');
  if (feature.kind !== kind) throw new RangeError(`it holds ${feature.kind} values, not ${kind}`);
  const [value] = feature.values;
  if (value === undefined || feature.values.length > 1) {
    throw new RangeError(`it has ${String(feature.values.length)} values, not one`);
  }
  return value;
}

function integerOf(feature: Feature | undefined): number {
  const value = oneOf(feature, 'int64');
  if (value !== BigInt.asIntN(32, value)) throw new RangeError(`${String(value)} does not fit into 32 bits`);
  return Number(value);
}

function listBuilder<T>(values: T[] & Column, take: (bytes: Uint8Array) => T): ColumnBuilder {
  return {
    add: (feature) => {
      values.push(take(oneOf(feature, 'bytes')));
    },
    column: () => values,
  };
}

function integerBuilder(examples: number, check: (value: number) => void): ColumnBuilder {
  const column = new Int32Array(examples);
  let row = 0;
  return {
    add: (feature) => {
      const value = integerOf(feature);
      check(value);
      column[row++] = value;
    },
    column: () => column,
  };
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RangeError('it is no UTF-8 text');
  }
}

/**
 * Makes the builder of a feature's column.
 *
 * @param examples - how many will come
 * @throws RangeError when there is not enough memory for so many
 */
export function columnBuilder(spec: FeatureSpec, examples: number): ColumnBuilder {
  switch (spec.kind) {
    case 'image': {
      if (spec.encoding === 'encoded') return listBuilder<Uint8Array>([], (bytes) => bytes);
      const size = spec.height * spec.width * spec.channels;
      const column = new Uint8Array(examples * size);
      let start = 0;
      return {
        add: (feature) => {
          const pixels = oneOf(feature, 'bytes');
          if (pixels.length !== size)
            throw new RangeError(`it has ${String(pixels.length)} bytes, not ${String(size)}`);
          column.set(pixels, start);
          start += size;
        },
        column: () => column,
      };
    }
    case 'label': {
      const { length } = spec.classes;
      return integerBuilder(examples, (value) => {
        if (value >= 0 && value < length) return;
        throw new RangeError(`${String(value)} is none of the ${String(length)} classes`);
      });
    }
    case 'float': {
      const column = new Float32Array(examples * spec.size);
      let start = 0;
      return {
        add: (feature) => {
          if (feature === undefined) throw new RangeError('it is missing');
          if (feature.kind !== 'float') throw new RangeError(`it holds ${feature.kind} values, not float`);
          const { length } = feature.values;
          if (length !== spec.size) throw new RangeError(`it has ${String(length)} values, not ${String(spec.size)}`);
          column.set(feature.values, start);
          start += length;
        },
        column: () => column,
      };
    }
    case 'integer':
      return integerBuilder(examples, () => undefined);
    case 'string':
      return listBuilder<string>([], textOf);
  }
}
