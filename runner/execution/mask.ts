/**
 * Keeps secrets out of what a step says: a value is replaced in every form that programs commonly write it in.
 */
import { escapeHtml } from '../../components/formats/html.js';

/** What stands in place of a secret. */
const MASK = '***';

/** Shortest line of a secret of several lines that is masked by itself. */
const SHORTEST_LINE = 8;

/** Longest line that is kept of what a step says, in characters. */
const LINE_LENGTH = 2000;

/**
 * A text in base64, alone, and the characters that stand for it inside of a longer one, which are others after one or two
 * bytes more: `user:password` has them in a header of HTTP.
 */
function base64Forms(text: string, encoding: 'base64' | 'base64url'): readonly string[] {
  const bytes = Buffer.from(text);
  const inside = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)])
      .toString(encoding)
      .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)),
  );
  return [bytes.toString(encoding).replace(/=+$/u, ''), ...inside];
}

/** A text in an address: what else may be escaped there is, or a space is a `+`. */
function urlForms(text: string): readonly string[] {
  const escaped = encodeURIComponent(text);
  const all = escaped.replace(/[!'()*]/gu, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return [escaped, all, all.replaceAll('%20', '+'), new URLSearchParams([['', text]]).toString().slice(1)];
}

function formsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/u).filter((line) => line.length >= SHORTEST_LINE);
  return [secret, ...lines].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    // As a shell repeats it.
    text.replaceAll("'", "'\\''"),
    escapeHtml(text),
    escapeHtml(text).replaceAll('&quot;', '"').replaceAll('&#39;', "'"),
    ...urlForms(text),
    ...base64Forms(text, 'base64'),
    ...base64Forms(text, 'base64url'),
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('hex').toUpperCase(),
  ]);
}

/** Masks secrets in all texts of plain data; numbers and keys stay as they are. */
export type Mask = <T>(value: T) => T;

/** Makes a mask for the values of secrets. */
export function maskFor(secrets: Iterable<string>): Mask {
  // The longest first: one secret may be part of another.
  const forms = [...new Set([...secrets].flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const mask = (value: unknown): unknown => {
    if (typeof value === 'string') return forms.reduce((text, form) => text.replaceAll(form, MASK), value);
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item)]));
  };
  return forms.length === 0 ? (value) => value : (value) => mask(value) as typeof value;
}

/** A text whose lines are no longer than is worth keeping. To be cut after it was masked: half a secret is not known for one. */
export function cutLines(text: string): string {
  if (text.length <= LINE_LENGTH) return text;
  return text
    .split('\n')
    .map((line) => line.slice(0, LINE_LENGTH))
    .join('\n');
}
