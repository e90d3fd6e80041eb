/**
 * One deterministic text for a piece of plain data: what is hashed here is the same on every machine.
 */

/** Thrown for what has no canonical JSON; where that stands is looked for only then. */
class NotPlainData extends Error {}

function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotPlainData();
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
      const members = value as Readonly<Record<string, unknown>>;
      // Code units, not a locale's order: it must not depend on the machine's language.
      const keys = Object.keys(members).sort();
      let text = '';
      for (const key of keys) {
        const item = members[key];
        if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(item)}`;
      }
      return `{${text}}`;
    }
    default:
      throw new NotPlainData();
  }
}

/** What keeps a value from having canonical JSON, with its place. */
function hindrance(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${String(value)}`;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return `${path} is a ${typeof value}`;
  for (const [key, item] of Object.entries(value)) {
    const isLeftOut = item === undefined && !Array.isArray(value);
    const found = isLeftOut ? undefined : hindrance(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Canonical JSON: keys in the order of their code units, no white space, −0 as 0, undefined members left out.
 *
 * @throws TypeError for numbers that are not finite, and for anything that is not plain data
 */
export function canonicalJson(value: unknown): string {
  try {
    return canonical(value);
  } catch (error) {
    if (!(error instanceof NotPlainData)) throw error;
    throw new TypeError(`${hindrance(value, '$') ?? 'a part of it'}: it has no canonical JSON`);
  }
}
