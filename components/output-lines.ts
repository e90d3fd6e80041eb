/**
 * What a process prints, line by line. A line has an end even where the process makes none: what is printed without breaks
 * does not fill the memory.
 */
import type { Readable } from 'node:stream';

/** Longest line that is told whole, in characters. It is cut where it is shown, once nothing in it is secret any more. */
const MOST = 1 << 20;

/**
 * Tells each line of a stream, without its break; the last one, too, when it has none.
 *
 * @param stream - read by nobody else
 */
export function eachLine(stream: Readable, tell: (line: string) => void): void {
  let line = '';
  let endsInReturn = false;
  const add = (text: string): void => {
    if (line.length < MOST) line = (line + text).slice(0, MOST);
  };
  const end = (): void => {
    if (line !== '') tell(line);
    line = '';
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    // A break of two characters may come in two pieces.
    const text = endsInReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    endsInReturn = text.endsWith('\r');
    text.split(/\r\n|[\n\r]/u).forEach((part, index) => {
      if (index > 0) {
        tell(line);
        line = '';
      }
      add(part);
    });
  });
  stream.on('end', end);
  stream.on('close', end);
}
