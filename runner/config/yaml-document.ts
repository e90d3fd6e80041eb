/**
 * One YAML document out of a text, in bounded time and memory, whatever the text is. What the document holds is the
 * business of parse-yaml.ts.
 */
import { Composer, Lexer, Parser, type CST, type Document } from 'yaml';
import { MAX_DEPTH, tooDeepAt } from './yaml-nesting.js';

/** Most pieces of syntax in a text; a mapping of one line has about six. */
const MAX_PIECES = 2_000_000;

/** Most faults of syntax that are reported: what follows from the first ones helps nobody. */
const MAX_FAULTS = 20;

/** Something wrong with the syntax, at offsets of the text. */
export interface SyntaxFault {
  readonly code: 'yaml-syntax' | 'yaml-limit';
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly hint?: string;
}

/** The document, undefined when there is none; or what is wrong with the text. */
export type YamlDocument =
  | { readonly ok: true; readonly document: Document.Parsed | undefined }
  | {
      readonly ok: false;
      readonly faults: readonly SyntaxFault[];
      /** What could be read all the same, for editors. */
      readonly document?: Document.Parsed | undefined;
    };

/** What to do about a fault, by the library's code and message for it. */
function hintFor(code: string, message: string): { readonly hint?: string } {
  const brackets = /^Flow|end with/u.test(message);
  switch (code) {
    case 'TAG_RESOLVE_FAILED':
      return { hint: 'tags are not supported: write the value itself' };
    case 'TAB_AS_INDENT':
      return { hint: 'indent with blanks' };
    case 'BAD_INDENT':
      return {
        hint: brackets
          ? 'a [ or { that was opened before this place is not closed'
          : 'what belongs together begins in the same column',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { hint: "what belongs together begins in the same column; text with ': ' in it is quoted" };
    case 'MULTILINE_IMPLICIT_KEY':
      return { hint: "after a key comes ': ', on its own line; what belongs together begins in the same column" };
    case 'MISSING_CHAR':
      return message.includes('quote') ? { hint: 'the quoted text ends with the quote that it began with' } : {};
    default:
      return {};
  }
}

/** Thrown through the parser, which has no other way to be stopped. */
class Stopped extends Error {}

/** What the parser's composer calls with a fault. */
type OnError = (
  source: number | readonly number[] | { readonly offset: number; readonly source?: string },
  code: string,
  message: string,
) => void;

/** Reads a text that must hold one YAML 1.2 document. */
export function readYamlDocument(text: string): YamlDocument {
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const message = `nested more than ${String(MAX_DEPTH)} deep`;
    return { ok: false, faults: [{ code: 'yaml-limit', message, start: deep, end: deep + 1 }] };
  }

  const faults: SyntaxFault[] = [];
  let told = MAX_FAULTS;
  const report = (fault: SyntaxFault): void => {
    // The composer takes what is thrown inside a list or mapping for a fault too, and reports it here again.
    if (faults.length < MAX_FAULTS) faults.push(fault);
    if (faults.length === MAX_FAULTS) throw new Stopped();
  };
  const onError: OnError = (source, code, message) => {
    const [start = 0, end = start + 1] =
      typeof source === 'number'
        ? [source]
        : 'offset' in source
          ? [source.offset, source.offset + (source.source?.length ?? 1)]
          : source;
    if (code === 'RESOURCE_EXHAUSTION') {
      report({ code: 'yaml-limit', message: 'nested too deep to be read', start, end: start + 1 });
      return;
    }
    report({ code: 'yaml-syntax', message, start, end, ...hintFor(code, message) });
    // What is wrong after that follows from it, more often than not.
    if (code !== 'TAG_RESOLVE_FAILED') told = Math.min(told, faults.length);
  };

  function* tokens(): Generator<CST.Token> {
    const parser = new Parser();
    let pieces = 0;
    for (const piece of new Lexer().lex(text)) {
      if (++pieces > MAX_PIECES) {
        const { offset } = parser;
        report({ code: 'yaml-limit', message: 'the text has too many parts', start: offset, end: offset + 1 });
        throw new Stopped();
      }
      // No generator of our own about each piece's: there are many.
      for (const token of parser.next(piece)) if (isSound(token)) yield token;
    }
    for (const token of parser.end()) if (isSound(token)) yield token;
  }
  function isSound(token: CST.Token): boolean {
    if (token.type !== 'error') return true;
    onError(token, '', `${token.message}: ${JSON.stringify(token.source.slice(0, 40))}`);
    return false;
  }

  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    strict: true,
    // The composer compares every key with all before it: told by parse-yaml.ts, in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  // It would gather an Error for every fault, of which a text may have millions.
  Object.assign(composer, { onError });

  let document: Document.Parsed | undefined;
  try {
    for (const found of composer.compose(tokens())) {
      if (document !== undefined) {
        const [start] = found.range;
        const message = 'a second document begins here';
        const second = {
          code: 'yaml-syntax',
          message,
          start,
          end: start + 1,
          hint: 'write one pipeline a file',
        } as const;
        return { ok: false, faults: [second] };
      }
      document = found;
    }
    for (const { code, message, pos } of document?.errors ?? []) onError(pos, code, message);
  } catch (error) {
    // The parser recurses: what the first look let through may still exhaust its stack.
    if (error instanceof RangeError) onError(0, 'RESOURCE_EXHAUSTION', error.message);
    else if (!(error instanceof Stopped)) throw error;
  }
  return faults.length > 0 ? { ok: false, faults: faults.slice(0, told), document } : { ok: true, document };
}
