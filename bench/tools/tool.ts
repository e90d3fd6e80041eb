/**
 * A tool that runs tasks, as the bench drives it. The work is the same for all: task i copies a small file of its own and
 * comes after task i − 10, so that there are ten chains.
 */
import type { Program } from '../rig/measure.js';

/** Tasks that one task comes after: the one so many before it, if there is one. */
export const CHAINS = 10;

/** A tool to compare. */
export interface Tool {
  readonly name: string;
  /** Numbers of tasks beyond which it is not asked: it cannot, or takes too long. */
  readonly most: number;
  /** Installs it into an empty folder; answers with its version. */
  readonly install: (home: string) => Promise<string>;
  /** Writes a project of so many tasks into an empty folder. */
  readonly write: (folder: string, tasks: number, home: string) => void;
  /** What runs all tasks: the first time they are executed, later they are found done. */
  readonly program: (folder: string, home: string) => Program;
  /** Edits what says which tasks there are, so that it has to be read again and says the same. */
  readonly reword?: (folder: string) => void;
}
