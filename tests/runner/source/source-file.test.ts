import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { positionAt, SourceFile } from '../../../runner/source/source-file.js';

describe('a place in a text', () => {
  test('is counted from 1', () => {
    const file = new SourceFile('f', 'ab\n\ncd');
    expect([0, 2, 3, 4, 6].map((offset) => positionAt(file, offset))).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 3, column: 3 },
    ]);
  });

  test('agrees with counting line breaks, for any text', () => {
    const texts = fc.array(fc.constantFrom('a', '\n', '\r\n', '𝒳')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.nat(), (text, n) => {
        const offset = n % (text.length + 1);
        const lines = text.slice(0, offset).split('\n');
        expect(positionAt(new SourceFile('f', text), offset)).toEqual({
          line: lines.length,
          column: (lines.at(-1) ?? '').length + 1,
        });
      }),
    );
  });
});
