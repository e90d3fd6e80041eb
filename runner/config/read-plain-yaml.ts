/**
 * Reads the plain part of YAML, which nearly all pipelines are written in: block mappings and lists, flow collections and
 * texts on one line, comments. It takes a twentieth of the time and of the memory that the parser of all YAML does. What it is
 * not sure of it leaves to that parser, faults among it; what it reads, both read alike.
 */
import type { SourceFile, SourceRange } from '../source/source-file.js';
import type { Located, LocatedEntry, LocatedList, LocatedMapping } from './located.js';
import { tooDeepAt } from './yaml-nesting.js';

/** Deepest nesting, and most values, that are read here: far below the limits of the other parser. */
const MAX_DEPTH = 32;
const MAX_PIECES = 200_000;

/** What might end a line or be invisible, and is no line feed. */
const UNSURE = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\uffff]/u;

/** A key, which a colon and a blank or the end of the line follow. */
const KEY = /[A-Za-z_][\w.-]{0,200}(?=:(?: |\n|$))/uy;
const DOUBLE_QUOTED = /"(?:[ !#-[\]-~]|\\["\\/nt])*"/uy;
const SINGLE_QUOTED = /'[ -&(-~]*'/uy;
/** Unquoted text in a block: no number sign, and no colon but before another character. */
const BLOCK_TEXT = /(?:[\w./$~]|-(?=[!-~]))(?: *(?:[!"$-9;-~]|:(?=[!"$-9;-~])))*/uy;
/** The same in a flow collection, where it ends at commas and brackets. */
const FLOW_TEXT = /(?:[\w./$~]|-(?=[\w./]))(?: *(?:[!"$-+\--9;-Z\\^-z|~]|:(?=[!"$-+\--9;-Z\\^-z|~])))*/uy;
/** What may follow a value on its line. */
const LINE_END = /(?: +#[^\n]*| *)(?:\n|$)/uy;
const BLANKS = / */uy;

const WORDS = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/u;
/** What may be a number, too. */
const LIKE_NUMBER = /^(?:[-+]?[\d.]+(?:[eE][-+]?\d+)?|0[ox][\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;

/** Thrown where the text is not plain. */
class NotPlain extends Error {}

/** The value of an unquoted text. */
function valueOf(text: string): string | number | boolean | null {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  // Not the negative one: it is the same in canonical JSON.
  if (NUMBER.test(text)) return Number(text) || 0;
  if (LIKE_NUMBER.test(text)) throw new NotPlain();
  return text;
}

/** Reads one text from its beginning to its end. */
class PlainReader {
  readonly #file: SourceFile;
  readonly #text: string;
  #at = 0;
  /** Where the line of the latest value ends, its line feed included. */
  #lineEnd = 0;
  #pieces = 0;

  constructor(file: SourceFile) {
    this.#file = file;
    this.#text = file.text;
  }

  /** @throws NotPlain */
  read(): Located {
    const root = this.#block(this.#nextColumn(), 0);
    if (this.#at < this.#text.length) throw new NotPlain();
    return root;
  }

  /** What a pattern matches here, and goes behind it; undefined when it does not. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #range(start: number, end = this.#at): SourceRange {
    if (++this.#pieces > MAX_PIECES) throw new NotPlain();
    return { file: this.#file, start, end };
  }

  /** Goes to the next thing that is no comment; answers with its column, -1 at the end of the text. */
  #nextColumn(): number {
    let comment = 0;
    for (;;) {
      const column = this.#take(BLANKS)?.length ?? 0;
      const character = this.#text[this.#at];
      if (character === '#') comment = Math.max(comment, column);
      else if (character !== '\n') {
        // One that stands deeper than what follows belongs to what is before it.
        if (comment > column) throw new NotPlain();
        return character === undefined ? -1 : column;
      }
      const end = this.#text.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#text.length : end + 1;
    }
  }

  #isItem(): boolean {
    return this.#text.startsWith('- ', this.#at);
  }

  /** The mapping or list that begins here, in this column. Goes to what follows it. */
  #block(column: number, depth: number): LocatedMapping | LocatedList {
    if (depth > MAX_DEPTH || column < 0) throw new NotPlain();
    return this.#isItem() ? this.#blockList(column, depth) : this.#blockMapping(column, depth);
  }

  #blockList(column: number, depth: number): LocatedList {
    const start = this.#at;
    const items: Located[] = [];
    for (let next = column; next === column && this.#isItem();) {
      this.#at += 1;
      const inner = column + 1 + (this.#take(BLANKS)?.length ?? 0);
      KEY.lastIndex = this.#at;
      if (KEY.test(this.#text)) {
        items.push(this.#blockMapping(inner, depth + 1));
        next = this.#column();
      } else {
        items.push(this.#value(BLOCK_TEXT, depth + 1));
        this.#endLine();
        next = this.#nextColumn();
      }
      if (next > column) throw new NotPlain();
    }
    return { kind: 'list', items, range: this.#range(start, this.#lineEnd) };
  }

  /** The column of where it stands, -1 at the end of the text. */
  #column(): number {
    return this.#at < this.#text.length ? this.#at - (this.#text.lastIndexOf('\n', this.#at - 1) + 1) : -1;
  }

  #blockMapping(column: number, depth: number): LocatedMapping {
    const start = this.#at;
    const entries: LocatedEntry[] = [];
    const names = new Set<string>();
    for (let next = column; next === column; next = this.#column()) {
      const { key, keyRange } = this.#key(names);
      let value: Located;
      if (this.#take(LINE_END) === undefined) {
        this.#take(BLANKS);
        value = this.#value(BLOCK_TEXT, depth + 1);
        this.#endLine();
        this.#nextColumn();
      } else {
        const inner = this.#nextColumn();
        if (inner < column || (inner === column && !this.#isItem())) throw new NotPlain();
        value = this.#block(inner, depth + 1);
      }
      entries.push({ key, keyRange, value });
    }
    if (this.#column() > column) throw new NotPlain();
    return { kind: 'mapping', entries, range: this.#range(start, this.#lineEnd) };
  }

  /** A key with its colon. */
  #key(names: Set<string>): Pick<LocatedEntry, 'key' | 'keyRange'> {
    const start = this.#at;
    const key = this.#take(KEY);
    if (key === undefined || names.has(key) || WORDS.get(key) === null) throw new NotPlain();
    names.add(key);
    const keyRange = this.#range(start);
    this.#at += 1;
    return { key, keyRange };
  }

  #endLine(): void {
    if (this.#take(LINE_END) === undefined) throw new NotPlain();
    this.#lineEnd = this.#at;
  }

  /** A value that ends on its line. @param unquoted - text without quotes at this place */
  #value(unquoted: RegExp, depth: number): Located {
    const start = this.#at;
    switch (this.#text[start]) {
      case '[':
      case '{':
        return this.#flow(depth);
      case '"': {
        const quoted = this.#take(DOUBLE_QUOTED);
        if (quoted === undefined) throw new NotPlain();
        return { kind: 'scalar', value: JSON.parse(quoted) as string, range: this.#range(start) };
      }
      case "'": {
        const quoted = this.#take(SINGLE_QUOTED);
        if (quoted === undefined) throw new NotPlain();
        return { kind: 'scalar', value: quoted.slice(1, -1), range: this.#range(start) };
      }
      default: {
        const text = this.#take(unquoted);
        if (text === undefined) throw new NotPlain();
        return { kind: 'scalar', value: valueOf(text), range: this.#range(start) };
      }
    }
  }

  #flow(depth: number): LocatedMapping | LocatedList {
    if (depth > MAX_DEPTH) throw new NotPlain();
    const start = this.#at;
    const isList = this.#text[start] === '[';
    const close = isList ? ']' : '}';
    const items: Located[] = [];
    const entries: LocatedEntry[] = [];
    const names = new Set<string>();
    this.#at += 1;
    this.#take(BLANKS);
    while (this.#text[this.#at] !== close) {
      const named = isList ? undefined : this.#key(names);
      if (named !== undefined && this.#take(BLANKS) === '') throw new NotPlain();
      const value = this.#value(FLOW_TEXT, depth + 1);
      if (named === undefined) items.push(value);
      else entries.push({ ...named, value });
      this.#take(BLANKS);
      if (this.#text[this.#at] === close) break;
      if (this.#text[this.#at] !== ',') throw new NotPlain();
      this.#at += 1;
      this.#take(BLANKS);
      // Nothing after the last comma.
      if (this.#text[this.#at] === close) throw new NotPlain();
    }
    this.#at += 1;
    const range = this.#range(start);
    return isList ? { kind: 'list', items, range } : { kind: 'mapping', entries, range };
  }
}

/** Reads a text; undefined when it is not plain, or not valid. */
export function readPlainYaml(file: SourceFile): Located | undefined {
  if (UNSURE.test(file.text) || tooDeepAt(file.text) !== undefined) return undefined;
  try {
    return new PlainReader(file).read();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}
