import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StepError } from '../../../components/executor.js';
import { unpackArchive } from '../../../components/formats/archive.js';
import { temporaryFolders } from '../../rig/temp-folder.js';
import { tarBytes, tarHeader, tarMember, TAR_END } from '../../rig/tar.js';

const temporaryFolder = temporaryFolders();
const LIMITS = { files: 10, bytes: 100_000 };

interface Unpacked {
  readonly target: string;
  readonly root: string;
  readonly files: Promise<readonly string[]>;
}

function unpack(bytes: Uint8Array, limits = LIMITS): Unpacked {
  const root = temporaryFolder();
  const target = join(root, 'target');
  mkdirSync(target);
  const archive = join(root, 'archive');
  writeFileSync(archive, bytes);
  return { root, target, files: unpackArchive(archive, target, limits, new AbortController().signal) };
}

async function refused(bytes: Uint8Array, code: string, message: string, limits = LIMITS): Promise<void> {
  const { root, files } = unpack(bytes, limits);
  await expect(files).rejects.toMatchObject({ code });
  await expect(files).rejects.toThrow(message);
  // Nothing outside of the target.
  expect(readdirSync(root).sort()).toEqual(['archive', 'target']);
}

const file = (path: string, content = 'x', more: Parameters<typeof tarHeader>[0] = {}): Buffer =>
  tarMember({ path, ...more }, Buffer.from(content));

describe('an archive', () => {
  test.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzipped', (bytes: Buffer) => gzipSync(bytes)],
    [
      'gzipped in members',
      (bytes: Buffer) => Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]),
    ],
  ])('of plain files is unpacked: %s', async (_, pack) => {
    const { target, files } = unpack(
      pack(
        tarBytes(
          file('./a.txt', 'one'),
          tarMember({ path: 'sub/', type: '5' }),
          file('sub/b.txt', 'two'),
          file('empty', ''),
        ),
      ),
    );
    expect(await files).toEqual(['a.txt', 'sub/b.txt', 'empty']);
    expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('one');
    expect(readFileSync(join(target, 'sub/b.txt'), 'utf8')).toBe('two');
    expect(readFileSync(join(target, 'empty')).length).toBe(0);
  });

  test.each([
    '.',
    '../evil',
    'a/../../evil',
    'a/..',
    '/etc/passwd',
    'C:/evil',
    'c:evil',
    'a\\..\\evil',
    '\\\\host\\share',
    'a/b.',
    'a /b',
    'a\nb',
    `${'d/'.repeat(40)}f`,
  ])('with a member %j is refused', async (path) => {
    await refused(tarBytes(file('fine'), file(path)), 'archive-unsafe', 'is refused');
  });

  test('a name in a PAX header is held to the same rules', async () => {
    const pax = (path: string): Buffer => {
      const line = ` path=${path}\n`;
      let length = line.length + 1;
      while (String(length).length + line.length !== length) length++;
      return tarMember({ path: 'PaxHeader', type: 'x' }, Buffer.from(`${String(length)}${line}`));
    };
    await refused(tarBytes(pax('../evil'), file('fine')), 'archive-unsafe', "by '..'");
    await refused(tarBytes(pax('n'.repeat(2000)), file('fine')), 'archive-unsafe', 'longer than');
    const long = `${'x'.repeat(80)}/${'y'.repeat(80)}`;
    expect(await unpack(tarBytes(pax(long), file('short'))).files).toEqual([long]);
    // The name ends at the NUL; it is still a plain file inside.
    expect(await unpack(tarBytes(pax('a\0/../../evil'), file('short'))).files).toEqual(['a']);
  });

  test('a name from GNU tar is held to the same rules', async () => {
    const long = tarMember({ path: '././@LongLink', type: 'L' }, Buffer.from('../evil\0'));
    await refused(tarBytes(long, file('fine')), 'archive-unsafe', "by '..'");
  });

  test.each([
    ['symbolic link', { type: '2', linkpath: '/etc' }],
    ['symbolic link out', { type: '2', linkpath: '../..' }],
    ['hard link', { type: '1', linkpath: 'fine' }],
    ['character device', { type: '3' }],
    ['block device', { type: '4' }],
    ['FIFO', { type: '6' }],
    ['unknown type', { type: 'Z' }],
  ])('with a %s is refused', async (_, more) => {
    await refused(tarBytes(file('fine'), tarMember({ path: 'odd', ...more })), 'archive-unsafe', 'type');
  });

  test('a file through a link has no link to go through', async () => {
    const bytes = tarBytes(tarMember({ path: 'dir', type: '2', linkpath: '..' }), file('dir/evil'));
    await refused(bytes, 'archive-unsafe', 'SymbolicLink');
  });

  test.each([
    ['the same name twice', ['a', 'a']],
    ['names that differ by case', ['a/B', 'a/b']],
    ['folders that differ by case', ['Data/x', 'data/y']],
    ['names that differ by normalisation', ['é', 'e\u0301']],
    ['names that some systems fold', ['straße', 'STRASSE']],
    ['a file where a folder is needed', ['a', 'a/b']],
    ['a folder where a file is', ['a/b', 'a']],
  ])('with %s is refused', async (_, paths) => {
    await refused(tarBytes(...paths.map((path) => file(path))), 'archive-unsafe', 'collides');
  });

  test('setuid bits are not kept', async () => {
    const { target, files } = unpack(tarBytes(file('tool', 'x', { mode: 0o6755 })));
    await files;
    const { statSync } = await import('node:fs');
    expect(statSync(join(target, 'tool')).mode & 0o7111).toBe(0);
  });

  test('beyond the limits is refused, before it is written', async () => {
    await refused(
      tarBytes(...Array.from({ length: 11 }, (_, index) => file(`f${String(index)}`))),
      'archive-too-large',
      '10 files',
    );
    const big = tarHeader({ path: 'big', size: 200_000 });
    const { target, files } = unpack(big);
    await expect(files).rejects.toMatchObject({ code: 'archive-too-large' });
    expect(existsSync(join(target, 'big'))).toBe(false);
    await refused(gzipSync(Buffer.alloc(10_000_000)), 'archive-too-large', '100000 bytes');
    // A header may say 8 EiB in base 256.
    const huge = tarHeader({ path: 'huge', rawSize: Buffer.from('800000007fffffffffffffff', 'hex') });
    await expect(unpack(huge).files).rejects.toBeInstanceOf(StepError);
    const negative = tarHeader({ path: 'negative', rawSize: Buffer.from('ffffffffffffffffffffffff', 'hex') });
    await expect(unpack(Buffer.concat([negative, TAR_END])).files).rejects.toBeInstanceOf(StepError);
  });

  test('that is cut short is refused wherever it is cut', async () => {
    const bytes = tarBytes(file('a', 'x'.repeat(600)), file('b'));
    for (let length = 0; length < bytes.length - 512; length += 128) {
      await expect(unpack(bytes.subarray(0, length)).files).rejects.toMatchObject({ code: 'archive-invalid' });
    }
    const packed = gzipSync(bytes);
    await expect(unpack(packed.subarray(0, packed.length - 4)).files).rejects.toMatchObject({ code: 'file-damaged' });
  });

  test('that is none is refused', async () => {
    await refused(Buffer.from('<html>'.repeat(500)), 'archive-invalid', 'no intact tar archive');
    await refused(Buffer.alloc(0), 'archive-invalid', 'no intact tar archive');
    await refused(gzipSync(gzipSync(tarBytes(file('a')))), 'archive-invalid', 'gzipped twice');
    const flipped = tarBytes(file('a'));
    flipped[3] = 65;
    await refused(flipped, 'archive-invalid', 'checksum');
  });

  test('arbitrary and damaged bytes write nothing outside and never crash', async () => {
    const good = tarBytes(file('a', 'hello'), tarMember({ path: 'd/', type: '5' }), file('d/b', 'x'.repeat(600)));
    const run = async (bytes: Uint8Array): Promise<void> => {
      const { root, files } = unpack(bytes);
      await files.catch((error: unknown) => {
        expect(error).toBeInstanceOf(StepError);
      });
      expect(readdirSync(root).sort()).toEqual(['archive', 'target']);
    };
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), run), { numRuns: 50 });
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
        const damaged = Buffer.from(good);
        damaged[at] = value;
        await run(damaged);
      }),
      { numRuns: 200 },
    );
  });

  test('stops when it is aborted', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'archive'), tarBytes(file('a')));
    await expect(
      unpackArchive(join(root, 'archive'), root, LIMITS, AbortSignal.abort(new Error('canceled'))),
    ).rejects.toThrow('canceled');
  });
});
