import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StepError } from '../../../../components/executor.js';
import {
  decodeExample,
  encodeExample,
  type Example,
  type Feature,
} from '../../../../components/formats/examples/example.js';

const bytes = (...values: Uint8Array[]): Feature => ({ kind: 'bytes', values });
const float = (...values: number[]): Feature => ({ kind: 'float', values: Float32Array.from(values) });
const int64 = (...values: bigint[]): Feature => ({ kind: 'int64', values });
const none: Feature = { kind: 'none' };

/** Plain arrays, so that views and copies compare equal. */
function plain(example: Example): unknown {
  return [...example]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, feature]) => [
      name,
      feature.kind,
      feature.kind === 'none'
        ? []
        : [...feature.values].map((value) => (typeof value === 'object' ? [...value] : value)),
    ]);
}

const feature = fc.oneof(
  fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }).map((values) => bytes(...values)),
  fc.array(fc.float(), { maxLength: 5 }).map((values) => float(...values)),
  fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 5 }).map((values) => int64(...values)),
  fc.constant(none),
);

describe('tf.Example', () => {
  // Both from tensorflow-cpu 2.21.0: tf.train.Example(…).SerializeToString(deterministic=True).hex()
  test('is written as Python writes it', () => {
    const example: Example = new Map([
      ['label', int64(3n)],
      ['image/raw', bytes(Uint8Array.of(0, 255), new Uint8Array(0))],
      ['w', float(1.5, -2)],
      ['empty', float()],
      ['none', none],
      ['', int64()],
      ['neg', int64(-1n, -(2n ** 62n), 2n ** 63n - 1n, -(2n ** 63n))],
      ['\uffee', bytes()],
      ['\u{1f600}', bytes(Buffer.from('ü'))],
    ]);
    expect(Buffer.from(encodeExample(example)).toString('hex')).toBe(
      '0aa8010a0b0a05656d707479120212000a150a09696d6167652f72617712080a060a0200ff0a000a0e0a056c6162656c12051a030a01030a320a' +
        '036e6567122b1a290a27ffffffffffffffffff018080808080808080c001ffffffffffffffff7f808080808080808080010a080a046e6f6e65' +
        '12000a110a0177120c120a0a080000c03f000000c00a090a03efbfae12020a000a0e0a04f09f988012060a040a02c3bc0a060a0012021a00',
    );
  });

  test('orders names that begin with each other as Python does', () => {
    const names = ['a', 'ab', 'abc', 'b', '', 'z', 'image', 'image/raw'];
    expect(Buffer.from(encodeExample(new Map(names.map((name) => [name, none])))).toString('hex')).toBe(
      '0a460a070a0361626312000a060a02616212000a050a016112000a050a016212000a0d0a09696d6167652f72617712000a090a05696d6167' +
        '6512000a050a017a12000a040a001200',
    );
  });

  test('what was written is read, in whatever order it was put together', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), feature), { maxLength: 6 }), (entries) => {
        const example: Example = new Map(entries);
        const encoded = encodeExample(example);
        expect(plain(decodeExample(encoded, 'it'))).toEqual(plain(example));
        expect(Buffer.from(encodeExample(new Map([...example].reverse()))).equals(encoded)).toBe(true);
      }),
    );
  });

  test('unpacked lists, unknown fields, split messages and repeated names are read as protobuf reads them', () => {
    const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
    const read = (text: string): unknown => plain(decodeExample(hex(text), 'it'));
    // {x: int64 [1, 2]}, not packed; field 15 is unknown.
    expect(read('7801 0a0d 0a0b 0a0178 1206 1a04 0801 0802')).toEqual([['x', 'int64', [1n, 2n]]]);
    // {x: float [1]}, not packed.
    expect(read('0a0e 0a0c 0a0178 1207 1205 0d0000803f')).toEqual([['x', 'float', [1]]]);
    // The features come in two messages; the second x stands.
    expect(read('0a0b 0a09 0a0178 1204 1a02 0801 0a0b 0a09 0a0178 1204 1a02 0802')).toEqual([['x', 'int64', [2n]]]);
    // Two pieces of one list are joined; another kind replaces it.
    expect(read('0a0f 0a0d 0a0178 1208 1a02 0801 1a02 0802')).toEqual([['x', 'int64', [1n, 2n]]]);
    expect(read('0a0d 0a0b 0a0178 1206 1a02 0801 0a00')).toEqual([['x', 'bytes', []]]);
    expect(read('')).toEqual([]);
  });

  test('arbitrary and damaged bytes are refused or read, never a crash', () => {
    const tryIt = (input: Uint8Array): void => {
      try {
        decodeExample(input, 'it');
      } catch (error) {
        expect(error).toBeInstanceOf(StepError);
        expect(error).toMatchObject({ code: 'example-invalid' });
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), tryIt));
    const good = encodeExample(
      new Map([
        ['image', bytes(Buffer.alloc(20))],
        ['label', int64(7n, -1n)],
        ['w', float(1, 2)],
      ]),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const damaged = Uint8Array.from(good);
        damaged[at] = value;
        tryIt(damaged);
        tryIt(damaged.subarray(0, at));
      }),
    );
  });

  test('a million values of one byte are too many', () => {
    const values = new Array<bigint>(1_000_001).fill(1n);
    expect(() => decodeExample(encodeExample(new Map([['x', int64(...values.slice(0, 10))]])), 'it')).not.toThrow();
    const many = encodeExample(new Map([['x', { kind: 'int64', values }]]));
    expect(() => decodeExample(many, 'it')).toThrow('more than 1000000 values');
  });

  test('nested groups do not exhaust the stack', () => {
    expect(() => decodeExample(Buffer.alloc(100_000, 0x7b), 'it')).toThrow(StepError);
  });
});
