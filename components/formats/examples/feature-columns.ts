/**
 * The features of many examples, gathered into one array a feature. Every value is checked against the feature's
 * declaration.
 */
import type { Column, FeatureSpec } from './examples-info.js';
import type { Feature } from './example.js';
import { bytesOf, decodeText, floatsOf, integerOf } from './feature-values.js';

/** Gathers one feature of examples that come one after the other. */
export interface ColumnBuilder {
  /** Takes the next example's feature. @throws RangeError that says in what it is not as declared */
  add(feature: Feature | undefined): void;
  /** What was gathered. */
  column(): Column;
}

function listBuilder<T>(values: T[] & Column, take: (bytes: Uint8Array) => T): ColumnBuilder {
  return {
    add: (feature) => {
      values.push(take(bytesOf(feature)));
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
          const pixels = bytesOf(feature);
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
          const values = floatsOf(feature);
          const { length } = values;
          if (length !== spec.size) throw new RangeError(`it has ${String(length)} values, not ${String(spec.size)}`);
          column.set(values, start);
          start += length;
        },
        column: () => column,
      };
    }
    case 'integer':
      return integerBuilder(examples, () => undefined);
    case 'string':
      return listBuilder<string>([], decodeText);
  }
}
