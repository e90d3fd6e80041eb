import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../artifacts/canonical-json.js';

describe('canonical JSON', () => {
  test('orders keys by code unit and drops what is undefined', () => {
    expect(canonicalJson({ b: 1, a: undefined, B: -0, ä: ['x', null] })).toBe('{"B":0,"b":1,"ä":["x",null]}');
  });

  test.each([NaN, Infinity, () => 0, Symbol('s')])('refuses %p', (value) => {
    expect(() => canonicalJson({ value })).toThrow('$.value');
  });

  test('says the same as JSON, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reversed = JSON.parse(JSON.stringify(value), (_, item: unknown) =>
          typeof item === 'object' && item !== null && !Array.isArray(item)
            ? Object.fromEntries(Object.entries(item).reverse())
            : item,
        ) as unknown;
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
