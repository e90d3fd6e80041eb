/**
 * Text of unknown origin made fit for a terminal: names, messages and output of programs can hold anything, and must move
 * no cursor, set no colour and turn no line around. Widths are counted in columns of the terminal.
 */
import { stripVTControlCharacters } from 'node:util';

/** What needs no second look, which most texts do not; the expressions that look closely take milliseconds to be built. */
const PLAIN = /^[\x20-\x7e\n]*$/u;

/** Text without escape sequences and control characters; line breaks stay, tabs become spaces. */
export function plainText(text: string): string {
  if (PLAIN.test(text)) return text;
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => (character === '\n' ? '\n' : visible(character)));
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll('\n', ' ⏎ ');
}

/** The first line of a text, made plain. */
export function firstLine(text: string): string {
  return plainLine(text.split('\n', 1)[0] ?? '');
}

function visible(character: string): string {
  return `<${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}>`;
}

/** Scripts whose characters take two columns, after Unicode's East Asian Width (UAX #11), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
const COMBINING = /\p{M}/u;

function characterWidth(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that a plain line takes; sequences of colour take none. */
export function displayWidth(line: string): number {
  const plain = PLAIN.test(line) ? line : stripVTControlCharacters(line);
  if (PLAIN.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += characterWidth(character);
  return width;
}

/** A plain line, without colours, in at most so many columns: what does not fit gives way to `…`. */
export function cut(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  if (columns < 1) return '';
  let width = 0;
  let kept = '';
  for (const character of line) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The same, with `…` in its middle: a name, path or place is known by both of its ends. */
export function cutInside(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  const characters = Array.from(line);
  const left = cut(line, Math.ceil((columns + 1) / 2));
  let tail = '';
  for (let rest = columns - displayWidth(left); ;) {
    const character = characters.pop() ?? '';
    rest -= characterWidth(character);
    if (rest < 0 || character === '') return left + tail;
    tail = character + tail;
  }
}

/** The line, filled with spaces to so many columns. */
export function pad(line: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - displayWidth(line)));
  return align === 'left' ? line + space : space + line;
}
