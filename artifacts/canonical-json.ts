/**
 * One deterministic text for a piece of plain data: what is hashed here is the same on every machine.
 */

function canonical(value: unknown, path: string): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${path} is ${String(value)}: it has no canonical JSON`);
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) {
        return `[${value.map((item, index) => canonical(item, `${path}[${String(index)}]`)).join(',')}]`;
      }
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      // Code units, not a locale's order: it must not depend on the machine's language.
      entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, `${path}.${key}`)}`).join(',')}}`;
    }
    default:
      throw new TypeError(`${path} is a ${typeof value}: it has no canonical JSON`);
  }
}

/**
 * Canonical JSON: keys in the order of their code units, no white space, −0 as 0, undefined members left out.
 *
 * @throws TypeError for numbers that are not finite, and for anything that is not plain data
 */
export function canonicalJson(value: unknown): string {
  return canonical(value, '$');
}
