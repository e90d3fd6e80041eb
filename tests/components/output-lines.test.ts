import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { eachLine } from '../../components/output-lines.js';

/** The lines of what is printed in these pieces. */
async function linesOf(...pieces: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  eachLine(stream, (line) => lines.push(line));
  for (const piece of pieces) if (!stream.write(piece)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
  return lines;
}

test('lines end with any break, however they come in pieces', async () => {
  expect(await linesOf('one\ntw', 'o\r', '\nthree\rfour\n\n', Buffer.of(0xc3), Buffer.of(0xbc), ' last')).toEqual([
    'one',
    'two',
    'three',
    'four',
    '',
    'ü last',
  ]);
  expect(await linesOf('\r', '\n')).toEqual(['']);
  expect(await linesOf()).toEqual([]);
});

test('a line without end does not fill the memory, and the next one is whole', async () => {
  const piece = 'x'.repeat(1 << 20);
  const [long = '', next] = await linesOf(...Array.from({ length: 50 }, () => piece), '\nnext\n');
  expect(long.length).toBe(1 << 20);
  expect(next).toBe('next');
});
