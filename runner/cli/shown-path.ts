/**
 * How paths, and the option that names the store, are shown to be typed again.
 */
import { relative } from 'node:path';
import type { Environment } from './command.js';

/** Path as people would type it: relative to the working folder where it lies below. */
export function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
}

/** The option that a further command needs to find the same store. */
export function rootOption({ root, cwd, env }: Environment): string {
  const usual = shownPath(root, cwd) === '.pipeline' || env['PIPELINE_ROOT'] !== undefined;
  return usual ? '' : ` --root ${shownPath(root, cwd)}`;
}
