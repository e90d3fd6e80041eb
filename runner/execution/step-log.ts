/**
 * Where the log of a step lies, relative to the root.
 */

/** `logs/run-<run>/<node>.log` */
export function stepLogPath(run: number, node: string): string {
  return `logs/run-${String(run)}/${node}.log`;
}
