import { describe, expect, test } from '@jest/globals';
import { changedParts, codeParts } from '../../components/code-parts.js';

const bundle = (h: string): string => `// lib/h.ts
var h = (x) => {
  return ${h};
};

// a.ts
async function build(x) {
  return h(x) + k;
}
var k = 3;
var C = class {
  m() {
    return 1;
  }
};
console.log(new C());
`;

describe('parts of code', () => {
  test('are its declarations by file, and the other statements of a file', () => {
    expect(Object.keys(codeParts(bundle('1')))).toEqual(['lib/h.ts: h', 'a.ts: build', 'a.ts: k', 'a.ts: C', 'a.ts']);
  });

  test('differ where their text does, not for comments', () => {
    const before = codeParts(bundle('1'));
    expect(changedParts(before, codeParts(bundle('2')))).toEqual([{ part: 'lib/h.ts: h', change: 'changed' }]);
    expect(changedParts(before, codeParts(bundle('1').replace('  m() {', '  // new\n  m() {')))).toEqual([]);
  });

  test('are told when they come and go', () => {
    const before = codeParts(bundle('1'));
    const after = codeParts(bundle('1').replace('var k =', 'var n ='));
    expect(changedParts(before, after)).toEqual([
      { part: 'a.ts: n', change: 'added' },
      { part: 'a.ts: k', change: 'removed' },
    ]);
  });
});
