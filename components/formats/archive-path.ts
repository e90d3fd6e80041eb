/**
 * Which names of archive members may become files. Stricter than any one operating system: what is accepted here means
 * the same file everywhere, inside the target.
 */

const MAX_PATH_LENGTH = 1024;
const MAX_DEPTH = 32;
/** In bytes of UTF-8; what most file systems take. */
const MAX_SEGMENT_BYTES = 255;

/** What is wrong with a member's name; undefined when it is fine. */
export function pathFault(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `it is longer than ${String(MAX_PATH_LENGTH)} characters`;
  if (/\p{Cc}/u.test(path)) return 'it holds control characters';
  if (path.includes('\ufffd')) return 'it is no UTF-8 text';
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/u.test(path)) return 'it is an absolute path';
  const segments = path.split('/');
  if (segments.length > MAX_DEPTH) return `it lies more than ${String(MAX_DEPTH)} folders deep`;
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) {
    return `a part of it is longer than ${String(MAX_SEGMENT_BYTES)} bytes`;
  }
  if (segments.includes('..')) return "it leads out of the folder by '..'";
  if (segments.some((segment) => segment.includes(':') || (segment !== '.' && /[. ]$/u.test(segment)))) {
    return 'another system would read it as a different name';
  }
  return undefined;
}

/** The segments of a name that {@link pathFault} accepted, without those that mean nothing. */
export function pathSegments(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/** Remembers the names of an archive's files and folders, and finds those that would collide. */
export interface NameRegister {
  /**
   * Takes a name.
   *
   * @returns the name that it collides with: the same, one that differs by case or by Unicode normalisation only, or a
   *   file where a folder is needed; undefined when there is none
   */
  add(segments: readonly string[], kind: 'file' | 'folder'): string | undefined;
}

/** Makes an empty register. */
export function nameRegister(): NameRegister {
  const taken = new Map<string, { readonly path: string; readonly kind: 'file' | 'folder' }>();
  return {
    add: (segments, kind) => {
      for (let depth = 1; depth <= segments.length; depth++) {
        const path = segments.slice(0, depth).join('/');
        const itself = depth === segments.length;
        const key = path.normalize('NFC').toLowerCase();
        const known = taken.get(key);
        const needed = itself ? kind : 'folder';
        if (known === undefined) taken.set(key, { path, kind: needed });
        else if (known.path !== path || known.kind !== needed || needed === 'file') return known.path;
      }
      return undefined;
    },
  };
}
