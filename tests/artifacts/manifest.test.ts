import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../artifacts/canonical-json.js';
import { sha256Hex } from '../../artifacts/digest.js';
import { unfitPath } from '../../artifacts/portable-path.js';
import { parseManifest } from '../../artifacts/store/manifest.js';

const sha256 = sha256Hex('x');

/** Reads what is the manifest of its own digest, as whoever has made both can have it. */
function read(value: unknown): unknown {
  const text = canonicalJson(value);
  return parseManifest(text, sha256Hex(text));
}

describe('a manifest', () => {
  const sound = { version: 1, files: [{ path: 'a', size: 1, sha256 }] };

  test('is read when it is the one of its digest', () => {
    expect(read(sound)).toEqual(sound);
    expect(read({ version: 1, files: [] })).toEqual({ version: 1, files: [] });
    expect(parseManifest(canonicalJson(sound), sha256Hex('another'))).toBeUndefined();
  });

  test.each([
    ['a list', []],
    ['null', null],
    ['another version', { ...sound, version: 2 }],
    ['no files', { version: 1 }],
    ['files that are no mappings', { version: 1, files: ['a'] }],
    ['a negative size', { version: 1, files: [{ path: 'a', size: -1, sha256 }] }],
    ['a size in parts', { version: 1, files: [{ path: 'a', size: 0.5, sha256 }] }],
    ['a digest that is none', { version: 1, files: [{ path: 'a', size: 1, sha256: '../a' }] }],
    ['a path that leads out', { version: 1, files: [{ path: '../../a', size: 1, sha256 }] }],
    ['an absolute path', { version: 1, files: [{ path: '/a', size: 1, sha256 }] }],
    ['one path twice', { version: 1, files: [...sound.files, ...sound.files] }],
    ['a file below a file', { version: 1, files: [...sound.files, { path: 'a/b', size: 1, sha256 }] }],
  ])('is not read with %s', (_, value) => {
    expect(read(value)).toBeUndefined();
  });

  test('that is no JSON is not read', () => {
    for (const text of ['', '{', 'nothing']) expect(parseManifest(text, sha256Hex(text))).toBeUndefined();
  });

  test('of anything at all is no error, and names nothing outside', () => {
    const path = fc
      .array(fc.constantFrom('a', '..', '.', '/', ':', 'b'), { maxLength: 5 })
      .map((parts) => parts.join('/'));
    const file = fc.record({
      path: fc.oneof(path, fc.anything()),
      size: fc.oneof(fc.nat(), fc.double()),
      sha256: fc.constantFrom(sha256, 'x'),
    });
    const value = fc.oneof(
      fc.record({ version: fc.constantFrom(1, 2), files: fc.array(file, { maxLength: 3 }) }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(value, (any) => {
        const text = JSON.stringify(any);
        const found = parseManifest(text, sha256Hex(text));
        if (found !== undefined) expect(unfitPath(found.files.map((each) => each.path))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});
