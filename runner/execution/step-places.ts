/**
 * Folders in which steps work: each attempt has one that nobody else knows, with those of its outputs and of its scratch
 * files in it. To make a folder and to remove it are among the slowest things that a disk does, so one that was left empty
 * is used again, under another name: who still writes under its old name finds nothing there.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { realDisk, type Disk } from '../../artifacts/disk.js';
import { StoreError } from '../../artifacts/store/store-error.js';
import { systemErrorCode } from '../../artifacts/system-error.js';

/** Names in a folder; none where there is none. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/** Whether there is an empty folder that can be written into: a step may have put anything in its place. */
function isAsMade(place: string): boolean {
  const info = lstatSync(place, { throwIfNoEntry: false });
  return info?.isDirectory() === true && (info.mode & 0o700) === 0o700 && readdirSync(place).length === 0;
}

/** The folders of one run. */
export class StepPlaces {
  readonly #newPath: () => string;
  readonly #disk: Disk;
  readonly #spare: string[] = [];

  /** @param newPath - gives paths on the disk of the store that nothing has yet */
  constructor(newPath: () => string, disk: Disk = realDisk) {
    this.#newPath = newPath;
    this.#disk = disk;
  }

  /** An empty folder. @throws StoreError */
  async take(): Promise<string> {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    try {
      const place = this.#newPath();
      await this.#disk.makeFolder(place);
      return place;
    } catch (error) {
      throw StoreError.from(error, 'making a folder for a step');
    }
  }

  /** Takes back what is at the path of a folder now, and removes what is in it. @throws StoreError */
  async leave(place: string): Promise<void> {
    try {
      if (!isAsMade(place)) {
        await this.#disk.removeTree(place);
        return;
      }
      const spare = this.#newPath();
      await this.#disk.rename(place, spare);
      this.#spare.push(spare);
    } catch (error) {
      throw StoreError.from(error, 'removing what a step has left');
    }
  }

  /** Removes what is kept for steps that do not come any more. @throws StoreError */
  async close(): Promise<void> {
    try {
      for (const spare of this.#spare.splice(0)) await this.#disk.removeTree(spare);
    } catch (error) {
      throw StoreError.from(error, 'removing the folders of steps');
    }
  }
}
