/**
 * The declarations of bundled code, each with a digest, so that one can say which function of which file has changed.
 * Only for telling people: what counts for a fingerprint is the digest of the whole. It reads esbuild's output, whose
 * declarations begin at the start of a line, below a comment with the file's name.
 */
import { sha256Hex } from '../artifacts/digest.js';

/** Digests by part: `modules/net.ts: buildModel`. */
export type CodeParts = Readonly<Record<string, string>>;

const FILE = /^\/\/ (\S.*)$/u;
const DECLARATION =
  /^(?:export )?(?:async )?(?:function\*?|class|var|let|const) ([\p{ID_Start}$_][\p{ID_Continue}$]*)/u;
const COMMENT = /^\s*(?:\/\/|\/\*|\*)/u;

/** Splits a bundle into its declarations; other statements of a file stand together under the file's name. */
export function codeParts(bundle: string): CodeParts {
  const texts = new Map<string, string[]>();
  let file = '';
  let part = '';
  for (const line of bundle.split('\n')) {
    const name = FILE.exec(line)?.[1];
    if (name !== undefined) {
      file = name;
      part = name;
      continue;
    }
    const declared = DECLARATION.exec(line)?.[1];
    if (declared !== undefined) part = `${file}: ${declared}`;
    else if (/^[^\s)\]}]/u.test(line)) part = file;
    if (file === '' || line.trim() === '' || COMMENT.test(line)) continue;
    const lines = texts.get(part) ?? [];
    lines.push(line);
    texts.set(part, lines);
  }
  return Object.fromEntries([...texts].map(([name, lines]) => [name, sha256Hex(lines.join('\n')).slice(0, 16)]));
}

/** One part that differs. */
export interface PartChange {
  readonly part: string;
  readonly change: 'changed' | 'added' | 'removed';
}

/** How the parts of two bundles differ, in the order of the later one. */
export function changedParts(before: CodeParts, after: CodeParts): readonly PartChange[] {
  const changes: PartChange[] = [];
  for (const [part, digest] of Object.entries(after)) {
    const old = Object.hasOwn(before, part) ? before[part] : undefined;
    if (old === undefined) changes.push({ part, change: 'added' });
    else if (old !== digest) changes.push({ part, change: 'changed' });
  }
  for (const part of Object.keys(before)) if (!Object.hasOwn(after, part)) changes.push({ part, change: 'removed' });
  return changes;
}
