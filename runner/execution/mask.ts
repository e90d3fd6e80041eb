/**
 * Keeps secrets out of what a step says: a value is replaced in every form that programs commonly write it in.
 */

/** What stands in place of a secret. */
const MASK = '***';

/** Shortest line of a secret of several lines that is masked by itself. */
const SHORTEST_LINE = 8;

function formsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/u).filter((line) => line.length >= SHORTEST_LINE);
  return [secret, ...lines].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/u, ''),
    Buffer.from(text).toString('base64url'),
    Buffer.from(text).toString('hex'),
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
