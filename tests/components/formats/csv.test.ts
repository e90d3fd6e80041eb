import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StepError } from '../../../components/executor.js';
import { readCsvHeader, readCsvRows } from '../../../components/formats/csv.js';
import { temporaryFolders } from '../../rig/temp-folder.js';

const temporaryFolder = temporaryFolders();

function fileOf(content: string | Uint8Array): string {
  const file = join(temporaryFolder(), 'data.csv');
  writeFileSync(file, content);
  return file;
}

async function rows(content: string | Uint8Array, delimiter = ','): Promise<(readonly string[])[]> {
  const found: (readonly string[])[] = [];
  for await (const { cells } of readCsvRows(fileOf(content), delimiter)) found.push(cells);
  return found;
}

describe('CSV', () => {
  test('quotes, line breaks in cells, other line ends, a byte order mark and empty lines', async () => {
    const expected = [
      ['a', 'b'],
      ['1', 'x, "y"\nz'],
      ['', 'ü'],
    ];
    expect(await rows('a,b\n1,"x, ""y""\nz"\n,ü\n')).toEqual(expected);
    expect(await rows('\ufeffa,b\r\n1,"x, ""y""\nz"\r\n\r\n,ü')).toEqual(expected);
    expect(await rows(gzipSync('a,b\n1,"x, ""y""\nz"\n,ü\n'))).toEqual(expected);
    expect(await rows('a;b\n1;2\n', ';')).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  test('says the line', async () => {
    const lines: number[] = [];
    for await (const { line } of readCsvRows(fileOf('a,b\n1,"x\ny"\n2,3\n'), ',')) lines.push(line);
    expect(lines).toEqual([1, 3, 4]);
  });

  test.each([
    ['rows of other lengths', 'a,b\n1,2\n3\n', 'Invalid Record Length'],
    ['an open quote', 'a,b\n1,"2\n', 'Quote'],
    ['a cell of 10 MB', `a\n${'x'.repeat(10_000_000)}\n`, 'longer than 1048576 characters'],
    ['NUL', 'a\n\0\n', 'NUL'],
    ['other bytes than UTF-8', Uint8Array.of(0x61, 0x0a, 0xff, 0xfe), 'UTF-8'],
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'UTF-8'],
    ['a cut character', Uint8Array.of(0x61, 0x0a, 0xc3), 'UTF-8'],
  ])('%s are refused', async (_, content, message) => {
    await expect(rows(content)).rejects.toMatchObject({ code: 'csv-invalid' });
    await expect(rows(content)).rejects.toThrow(message);
  });

  test('a header has names, each once', async () => {
    expect(await readCsvHeader(fileOf('a, b \n1,2\n'), ',')).toEqual(['a', 'b']);
    await expect(readCsvHeader(fileOf(''), ',')).rejects.toThrow('it is empty');
    await expect(readCsvHeader(fileOf('a,,b\n'), ',')).rejects.toThrow('no name');
    await expect(readCsvHeader(fileOf('a,b,a\n'), ',')).rejects.toThrow("two columns have the name 'a'");
    for (const first of ['5.1,3.5,setosa', '-1,u', '1e3,u', '7,2,1']) {
      await expect(readCsvHeader(fileOf(`${first}\n`), ',')).rejects.toThrow('must hold the names of the columns');
    }
    for (const names of ['0,1,2', 'id,2020,2019', '1st,2.5.1', '1,e']) {
      expect(await readCsvHeader(fileOf(`${names}\n`), ',')).toEqual(names.split(','));
    }
  });

  test('arbitrary text is read or refused, never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'ü', '=', ' ') }), async (text) => {
        await rows(text).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StepError);
        });
      }),
      { numRuns: 200 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        await rows(bytes).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StepError);
        });
      }),
    );
  });
});
