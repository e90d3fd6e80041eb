/**
 * Waits until files or folders change. The system says that something has happened in a folder; whether it is one of the
 * files that matter, and whether it has changed at all, is told by comparing sizes, times and inodes. Nothing is polled.
 */
import { existsSync, realpathSync, statSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lookAt } from '../../artifacts/look.js';

/** Milliseconds without an event after which a change counts as over: editors and copies write in several steps. */
const CALM_MS = 100;

/** What is watched, from {@link watchPaths} until it is closed. */
export interface FileWatch {
  /** Those that have changed since the watch began, as soon as there are some. @throws AbortError when stopped */
  readonly changed: (stop: AbortSignal) => Promise<readonly string[]>;
  readonly close: () => void;
}

/** The path itself where it is no link, or leads nowhere. */
function whereLinksLead(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Folders to watch: the one of each file, or the nearest that is there, and of a folder all that is below it. */
function watchedFolders(paths: readonly string[]): ReadonlyMap<string, { recursive: boolean; names: Set<string> }> {
  const folders = new Map<string, { recursive: boolean; names: Set<string> }>();
  const add = (folder: string, recursive: boolean, name: string): void => {
    const known = folders.get(folder) ?? { recursive: false, names: new Set() };
    known.recursive ||= recursive;
    known.names.add(name);
    folders.set(folder, known);
  };
  for (const path of paths) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) add(path, true, '');
    for (const place of new Set([path, whereLinksLead(path)])) {
      let [folder, name] = [dirname(place), basename(place)];
      while (!existsSync(folder)) [folder, name] = [dirname(folder), basename(folder)];
      add(folder, false, name);
    }
  }
  return folders;
}

/**
 * Watches files and folders, whether they are there or not.
 *
 * @param without - a folder in which changes do not count, though one that is watched holds it
 */
export function watchPaths(paths: readonly string[], without: string): FileWatch {
  const look = (): ReadonlyMap<string, string> => {
    const places = [without, whereLinksLead(without)];
    return new Map(paths.map((path) => [path, lookAt({ trees: [path], entries: [] }, places).digest]));
  };
  let pending = false;
  let wake = (): void => undefined;
  const happened = (): void => {
    pending = true;
    wake();
  };
  const watchers: FSWatcher[] = [];
  for (const [folder, { recursive, names }] of watchedFolders(paths)) {
    const watcher = watch(folder, { recursive }, (_, name) => {
      if (recursive || name === null || names.has(name)) happened();
    });
    // The folder itself is gone, or may no longer be read.
    watcher.on('error', happened);
    watchers.push(watcher);
  }
  // After the watchers: what changes from here on is noticed.
  const before = look();
  return {
    changed: async (stop) => {
      for (;;) {
        if (!pending) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            stop.addEventListener(
              'abort',
              () => {
                resolve();
              },
              { once: true },
            );
          });
        }
        while (pending) {
          pending = false;
          await sleep(CALM_MS, undefined, { signal: stop });
        }
        stop.throwIfAborted();
        const now = look();
        const changed = paths.filter((path) => now.get(path) !== before.get(path));
        if (changed.length > 0) return changed;
      }
    },
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}
