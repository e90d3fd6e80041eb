/**
 * Where the log of a step lies.
 */

/** Path of a step's log below the root, with forward slashes; what `ExecutionRecord.log` holds. */
export function stepLogPath(run: number, node: string): string {
  // A node's name is a plain word; should that ever change, it must still not lead elsewhere.
  const name = node.replaceAll(/[^\w=-]/gu, (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`);
  return `logs/run-${String(run)}/${name}.log`;
}
