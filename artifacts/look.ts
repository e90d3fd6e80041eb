/**
 * What the system says of outside files and folders without reading them: sizes, times, numbers of files. As long as it
 * stays the same, so does their content.
 */
import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listFiles, sha256Hex, type ListedFile } from './digest.js';
import type { Digest } from './store/artifact-store.js';

/** Paths to look at, whether there is something or not. */
export interface Look {
  /** Files, and folders with all that is below them. */
  readonly trees: readonly string[];
  /** Files, and folders with the names in them, but not what those stand for. */
  readonly entries: readonly string[];
}

/** What was seen. */
export interface Sight {
  /** The same as long as nothing changes. */
  readonly digest: Digest;
  /** When something of it changed last, in milliseconds since 1970, by the clock of the disk; 0 when nothing is there. */
  readonly changedAt: number;
}

/** The files of a folder; none of one that cannot be read. */
function filesOf(path: string): readonly ListedFile[] {
  try {
    return listFiles(path, (link) => realpathSync(link));
  } catch {
    return [];
  }
}

function stat(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Looks at paths.
 *
 * @param without - folders that do not count, wherever they lie in what is looked at
 */
export function lookAt({ trees, entries }: Look, without: readonly string[] = []): Sight {
  const seen: string[] = [];
  let newest = 0n;
  const add = (path: string, name: string, info: BigIntStats | undefined): void => {
    if (info === undefined) seen.push(`${path}\0${name}`);
    else {
      const { size, mtimeNs, ctimeNs, ino } = info;
      seen.push([path, name, size, mtimeNs, ctimeNs, ino].join('\0'));
      if (ctimeNs > newest) newest = ctimeNs;
    }
  };
  const isLeftOut = (path: string): boolean => without.some((folder) => path.startsWith(`${folder}${sep}`));
  for (const path of trees) {
    const info = stat(path);
    if (info?.isDirectory() === true) {
      for (const file of filesOf(path)) if (!isLeftOut(file.absolute)) add(path, file.path, stat(file.absolute));
    } else if (info !== undefined && !isLeftOut(path)) add(path, '', info);
  }
  for (const path of entries) add(path, '', stat(path));
  return { digest: sha256Hex(seen.join('\n')), changedAt: Number(newest / 1_000_000n) };
}

/** Milliseconds by which the time of a change on disk may lag behind: a second change within them may not show. */
export const CLOCK_LAG_MS = 20;

/** Looks that are taken until one is calm. */
const LOOKS = 5;

/**
 * Looks at paths when nothing has changed just before, so that every later change shows.
 *
 * @returns the digest of the sight; undefined when it does not come to rest, or the clock of the disk runs ahead
 */
export async function calmSight(look: Look): Promise<Digest | undefined> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const { digest, changedAt } = lookAt(look);
    if (changedAt <= Date.now() - CLOCK_LAG_MS) return digest;
    await sleep(CLOCK_LAG_MS);
  }
  return undefined;
}
