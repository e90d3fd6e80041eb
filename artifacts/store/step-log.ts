/**
 * Where the log of a step lies.
 */
import { join } from 'node:path';

/** Path of a step's log below the root, with forward slashes; what `ExecutionRecord.log` holds. */
export function stepLogPath(run: number, node: string): string {
  // A node's name is a plain word; should that ever change, it must still not lead elsewhere.
  const name = node.replaceAll(/[^\w=-]/gu, (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`);
  return `logs/run-${String(run)}/${name}.log`;
}

/** The absolute path of a recorded log; undefined for a record that leads elsewhere than to a log of the store. */
export function recordedLog(root: string, log: string | undefined): string | undefined {
  return log !== undefined && /^logs\/run-\d+\/[\w=%-]+\.log$/u.test(log) ? join(root, log) : undefined;
}
