/**
 * Paths that name files below a folder and come from elsewhere: out of archives, manifests, records, pipeline files, and
 * from the steps that write into artifacts. Stricter than any one operating system: what is accepted here means the same
 * file everywhere, inside the folder.
 */

const MAX_LENGTH = 1024;
const MAX_DEPTH = 32;
/** In bytes of UTF-8; what most file systems take. */
const MAX_SEGMENT_BYTES = 255;

/** What is wrong with a relative path, with `/` between its segments; undefined when it is fine. */
export function pathFault(path: string): string | undefined {
  if (path.length > MAX_LENGTH) return `it is longer than ${String(MAX_LENGTH)} characters`;
  if (/\p{Cc}/u.test(path)) return 'it holds control characters';
  if (/[\p{Cs}\ufffd]/u.test(path)) return 'it is no UTF-8 text';
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/u.test(path)) return 'it is an absolute path';
  const segments = path.split('/');
  if (segments.length > MAX_DEPTH) return `it lies more than ${String(MAX_DEPTH)} folders deep`;
  if (segments.includes('..')) return "it leads out of the folder by '..'";
  if (segments.includes('') || segments.includes('.')) return 'a part of it is no name';
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) {
    return `a part of it is longer than ${String(MAX_SEGMENT_BYTES)} bytes`;
  }
  if (segments.some((segment) => segment.includes(':') || /[. ]$/u.test(segment))) {
    return 'another system would read it as a different name';
  }
  return undefined;
}

/** The files and folders below one folder, which must not collide. */
export class PortablePaths {
  readonly #taken = new Map<string, { readonly path: string; readonly kind: 'file' | 'folder' }>();

  /**
   * Takes a path.
   *
   * @returns what is wrong with it, by {@link pathFault}, or that it is taken: by the same path, by one that differs by case
   *   or by Unicode normalisation only, or by a file where a folder is needed; undefined when it is fine
   */
  add(path: string, kind: 'file' | 'folder'): string | undefined {
    const fault = pathFault(path);
    if (fault !== undefined) return fault;
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const needed = end < 0 ? kind : 'folder';
      // To upper case first: some systems hold ß for ss.
      const key = part.normalize('NFC').toUpperCase().toLowerCase();
      const known = this.#taken.get(key);
      if (known === undefined) this.#taken.set(key, { path: part, kind: needed });
      else if (known.path !== part || known.kind !== needed || needed === 'file') {
        return `it collides with '${known.path.slice(-80)}'`;
      }
      if (end < 0) return undefined;
    }
  }
}

/** The first of some files' paths that cannot stand beside those before it, and why; undefined when all can. */
export function unfitPath(paths: Iterable<string>): { readonly path: string; readonly fault: string } | undefined {
  const known = new PortablePaths();
  for (const path of paths) {
    const fault = known.add(path, 'file');
    if (fault !== undefined) return { path, fault };
  }
  return undefined;
}
