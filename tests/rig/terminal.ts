/**
 * A terminal of a few rows that understands what the live view writes: text, line breaks, cursor up, clearing. Enough to
 * see on its screen what a user would see; text never wraps unless it is too long.
 */

/** The lines on the screen after all that was written, without trailing empty ones. */
export function screenOf(written: string, columns: number, rows: number): readonly string[] {
  const screen: string[][] = [[]];
  let row = 0;
  let column = 0;
  const line = (): string[] => (screen[row] ??= []);

  for (const [token, sequence] of written.matchAll(/\u001b\[([?\d;]*[A-Za-z])|[^]/gu)) {
    if (sequence !== undefined) {
      const count = Number.parseInt(sequence, 10) || 1;
      if (sequence.endsWith('A')) row = Math.max(Math.max(0, screen.length - rows), row - count);
      else if (sequence === 'K') line().length = column;
      else if (sequence === 'J') {
        line().length = column;
        screen.length = row + 1;
      } else if (!/^(\?2026|\?25)[hl]$|m$/u.test(sequence)) throw new Error(`unknown sequence ${sequence}`);
    } else if (token === '\r') column = 0;
    else if (token === '\n') {
      row++;
      column = 0;
      line();
    } else {
      if (column >= columns) {
        row++;
        column = 0;
      }
      const current = line();
      while (current.length < column) current.push(' ');
      current[column++] = token;
    }
  }
  const lines = screen.map((characters) => characters.join('').trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
