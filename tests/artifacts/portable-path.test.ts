import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, win32 } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pathFault, PortablePaths, unfitPath } from '../../artifacts/portable-path.js';
import { temporaryFolders } from '../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

/** Pieces that paths of every kind are made of, the bad ones often. */
const piece = fc.oneof(
  fc.constantFrom('a', 'B', 'b.txt', 'é', 'e\u0301', 'ß', 'ss', '-', '~', '__proto__', '.hidden', 'x y', '%2e%2e'),
  fc.constantFrom('', '.', '..', '...', '/', '\\', ':', 'c:', ' ', 'x.', 'x ', '\0', '\n', '\ufffd', '\ud800'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const anyPath = fc
  .array(fc.tuple(piece, fc.constantFrom('', '/', '//', '\\')), { maxLength: 6 })
  .map((parts) => parts.flat().join(''));

/** Names that nothing is wrong with. */
const goodName = fc.stringMatching(/^[a-z0-9_é-][a-z0-9_. é-]{0,20}[a-z0-9_é-]$/u);
const goodPath = fc.array(goodName, { minLength: 1, maxLength: 8 }).map((names) => names.join('/'));

describe('an accepted path', () => {
  test('names something below the folder, by the same segments, on every system', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        fc.pre(pathFault(path) === undefined);
        expect(posix.relative('/target', posix.resolve('/target', path))).toBe(path);
        expect(win32.relative('C:\\target', win32.resolve('C:\\target', path))).toBe(path.replaceAll('/', '\\'));
        expect(Buffer.from(path).toString()).toBe(path);
      }),
      { numRuns: 2000 },
    );
  });

  test('is there for names that nothing is wrong with', () => {
    fc.assert(
      fc.property(goodPath, (path) => {
        expect(pathFault(path)).toBeUndefined();
      }),
    );
  });
});

describe('a path is refused', () => {
  test.each([
    ['', 'no name'],
    ['/', 'absolute'],
    ['/etc/passwd', 'absolute'],
    ['C:/evil', 'absolute'],
    ['c:evil', 'absolute'],
    ['..', "by '..'"],
    ['../evil', "by '..'"],
    ['a/../../evil', "by '..'"],
    ['a/..', "by '..'"],
    ['.', 'no name'],
    ['./a', 'no name'],
    ['a/./b', 'no name'],
    ['a//b', 'no name'],
    ['a/', 'no name'],
    ['a\\..\\evil', 'backslash'],
    ['\\\\host\\share', 'backslash'],
    ['a/b:stream', 'another system'],
    ['a/b.', 'another system'],
    ['a /b', 'another system'],
    ['a\nb', 'control characters'],
    ['a\0', 'control characters'],
    ['a\u009b', 'control characters'],
    ['a\ud800', 'no UTF-8'],
    ['a\ufffd', 'no UTF-8'],
    ['x'.repeat(256), 'longer than 255 bytes'],
    ['é'.repeat(128), 'longer than 255 bytes'],
    [`${'d/'.repeat(32)}f`, 'more than 32 folders'],
    ['abc/'.repeat(300), 'longer than 1024 characters'],
  ])('%j', (path, why) => {
    expect(pathFault(path)).toContain(why);
  });

  test('whatever stands around what is wrong with it', () => {
    const bad = fc.constantFrom('..', '.', '', 'a:b', 'a\\b', 'a.', 'a ', 'a\tb', '\ud83d');
    fc.assert(
      fc.property(
        fc.array(goodName, { maxLength: 4 }),
        bad,
        fc.array(goodName, { maxLength: 4 }),
        (before, it, after) => {
          expect(pathFault([...before, it, ...after].join('/'))).toBeDefined();
        },
      ),
    );
  });
});

describe('paths together', () => {
  test('that are all accepted are as many files, each with its own content', () => {
    fc.assert(
      fc.property(fc.array(anyPath, { maxLength: 12 }), (paths) => {
        const known = new PortablePaths();
        const accepted = paths.filter((path) => known.add(path, 'file') === undefined);
        const folder = temporaryFolder();
        for (const path of accepted) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), path, { flag: 'wx' });
        }
        for (const path of accepted) expect(readFileSync(join(folder, path), 'utf8')).toBe(path);
        const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        expect(found).toHaveLength(accepted.length);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['twice the same', ['a', 'a']],
    ['by case', ['a/B', 'a/b']],
    ['folders by case', ['Data/x', 'data/y']],
    ['by normalisation', ['é', 'e\u0301']],
    ['by what some systems fold', ['straße', 'STRASSE']],
    ['a file where a folder is needed', ['a', 'a/b']],
    ['a folder where a file is', ['a/b', 'a']],
  ])('that collide are found: %s', (_, paths) => {
    expect(unfitPath(['fine', ...paths])).toEqual({ path: paths[1], fault: expect.stringContaining('collides') });
  });

  test('a folder may be named again, and hold what has a name of its own', () => {
    const known = new PortablePaths();
    expect(known.add('a', 'folder')).toBeUndefined();
    expect(known.add('a', 'folder')).toBeUndefined();
    expect(known.add('a/__proto__', 'file')).toBeUndefined();
    expect(known.add('a/constructor', 'file')).toBeUndefined();
    expect(known.add('A/x', 'file')).toContain("collides with 'a'");
  });
});
