import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePartly } from '../../../runner/config/parse-yaml.js';
import { readPlainYaml } from '../../../runner/config/read-plain-yaml.js';
import { readYamlDocument } from '../../../runner/config/yaml-document.js';
import { SourceFile } from '../../../runner/source/source-file.js';

/** Whether a text is read here; if so, as the parser of all YAML reads it, with the same places. */
function isReadAlike(text: string): boolean {
  const file = new SourceFile('p.yaml', text);
  const plain = readPlainYaml(file);
  if (plain === undefined) return false;
  expect([text, readYamlDocument(text).ok]).toEqual([text, true]);
  expect([text, plain]).toEqual([text, parsePartly(file)]);
  return true;
}

describe('plain YAML', () => {
  test.each([
    'a: 1\nb: two words\nc: [x, -1, 1.50, {d: true, e: ~}, []]\nd: {}',
    '# head\n\na:\n  b: "q: #\\n\\"x\\""   # note\n  # about c\n  c: \'${params.x}\'\n\n\nd: http://x/y?z=1#\n'.replace(
      '#\n',
      '\n',
    ),
    'a:\n- 1\n- x: 2\n  y: [3]\n# between\n-   z: null\nb:\n    - - not\n'.replace('- - not', '- -x'),
    '  a: 0\n  b:\n     c: -0.0\n',
    `a: ${'long '.repeat(100_000)}end\nb: "${'long '.repeat(100_000)}"\n`,
  ])('%# is read as the parser of all YAML reads it', (text) => {
    expect(isReadAlike(text)).toBe(true);
  });

  test('is what the pipelines of this package are written in', () => {
    const files = readdirSync('pipelines').filter((name) => name.endsWith('.yaml'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files)
      expect([name, isReadAlike(readFileSync(join('pipelines', name), 'utf8'))]).toEqual([name, true]);
  });

  test.each([
    ['', 'nothing'],
    ['a: 1\na: 2\n', 'a key twice'],
    ['a: &x 1\nb: *x\n', 'an alias'],
    ['a: !t 1\n', 'a tag'],
    ['a: |\n  text\n', 'a block text'],
    ['a: one\n  two\n', 'a text on two lines'],
    ['a: [1,\n  2]\n', 'a list on two lines'],
    ['a:\n', 'no value'],
    ['a: b: c\n', 'a mapping on the line of its key'],
    ['a: 0x1f\n', 'a number in another base'],
    ['a: 12345678901234567890\n', 'a number that cannot be kept'],
    ['a: 1\n---\nb: 2\n', 'two documents'],
    ['a:\t1\n', 'a tab'],
    ['<<: {a: 1}\n', 'a merge key'],
    [`${'['.repeat(300)}\n`, 'deep nesting'],
  ])('leaves %j to the parser of all YAML: %s', (text) => {
    expect(isReadAlike(text)).toBe(false);
  });

  test('is read alike in every mixture of pieces', () => {
    const words = ['a', 'b', 'c: ', 'd: ', '- ', '-', '1', '0.5', 'true', '~', '"q"', "'s'", '"', "'", 'x y', 'a#b'];
    const signs = [' ', '  ', '\n', '\n  ', '\n    ', ': ', ':', ', ', ',', '[', ']', '{', '}', ' # c', '#', '\n# c\n'];
    const piece = fc.constantFrom(...words, ...signs, ...signs, '&', '*', '!', '?', '|', '%', '\t', 'é', '\\n');
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('1', 'x y', '"q"', '[1, a: b]', '{a: 1, b: [x]}', "['s', -x]", '# c') },
      { weight: 1, arbitrary: fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('')) },
    );
    const line = fc
      .tuple(fc.constantFrom('', '', '  ', '    ', '- ', '  - '), fc.constantFrom('a', 'b', 'c', 'd', '# e'), value)
      .map(([indent, key, text]) => `${indent}${key}: ${text}\n`);
    const text = fc.array(fc.oneof(line, line, fc.constantFrom('a:\n', '  b:\n', '\n')), { maxLength: 6 });
    let read = 0;
    fc.assert(
      fc.property(text, (lines) => {
        if (isReadAlike(lines.join(''))) read++;
      }),
      { numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(200);
  });
});
