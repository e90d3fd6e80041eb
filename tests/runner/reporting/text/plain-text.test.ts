import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  cut,
  displayWidth,
  firstLine,
  pad,
  plainLine,
  plainText,
} from '../../../../runner/reporting/text/plain-text.js';

describe('plain text', () => {
  test('escape sequences are gone, other control characters are shown, lines stay', () => {
    expect(plainText('a\u001b[31mred\u001b[0m\u001b[2J b\tc\r\nd')).toBe('ared b    c\nd');
    expect(plainText('\u0007bell\u0000')).toBe('<0007>bell<0000>');
    expect(plainText('abc\u202ecba')).toBe('abc<202e>cba');
    expect(plainText('\u001b]0;title\u0007x')).toBe('x');
    expect(plainLine('a\nb')).toBe('a ⏎ b');
    expect(firstLine('a\rb\nc')).toBe('a<000d>b');
  });

  test('nothing that moves a cursor comes through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainLine(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
      }),
    );
  });

  test('widths are those of a terminal', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('学習')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('✓ ok')).toBe(4);
    expect(displayWidth('🚀')).toBe(2);
    expect(displayWidth('\u001b[31mred\u001b[39m')).toBe(3);
  });

  test('what is cut or padded has the width asked for', () => {
    expect(cut('pipeline', 8)).toBe('pipeline');
    expect(cut('pipelines', 8)).toBe('pipelin…');
    expect(cut('学習学習', 4)).toBe('学…');
    expect(cut('abc', 0)).toBe('');
    expect(pad('学', 4)).toBe('学  ');
    expect(pad('7', 3, 'right')).toBe('  7');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }).map(plainLine), fc.integer({ min: 1, max: 20 }), (text, columns) => {
        expect(displayWidth(cut(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
