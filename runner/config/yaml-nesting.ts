/**
 * Finds where a YAML text nests deeper than the parser may recurse, before it does. Counts generously: quotes, comments and
 * block texts may hold what looks like nesting.
 */

/** Deepest nesting of lists and mappings. */
export const MAX_DEPTH = 64;

/** What looks like nesting, in all. */
const MAX_APPARENT = MAX_DEPTH * 4;

/** Offset of the first character that goes beyond the allowed depth; undefined when none does. */
export function tooDeepAt(text: string): number | undefined {
  /** Columns of the indentations that the current line stands in. */
  const indents: number[] = [];
  let brackets = 0;
  let markers = 0;
  let lineAt = 0;
  let lineStart = true;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\n') {
      lineStart = true;
      lineAt = at + 1;
      markers = 0;
      continue;
    }
    if (lineStart) {
      if (character === ' ' || character === '\r') continue;
      if (character === '-' || character === '?') {
        if (++markers > MAX_DEPTH) return at;
        continue;
      }
      lineStart = false;
      const column = at - lineAt;
      while ((indents.at(-1) ?? -1) >= column) indents.pop();
      indents.push(column);
    }
    if (character === '[' || character === '{') brackets++;
    else if (character === ']' || character === '}') brackets = Math.max(0, brackets - 1);
    if (indents.length + brackets > MAX_APPARENT) return at;
  }
  return undefined;
}
