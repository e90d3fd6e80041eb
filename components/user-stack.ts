/**
 * Stacks of errors as people can read them: user code runs as a bundle that has no file of its own, and its frames are told
 * by the files that the user wrote.
 */
import { SourceMap } from 'node:module';

/** A place in a bundle that was loaded as `data:`, which holds the bundle. */
const PLACE = /data:text\/javascript;base64,([\w+/=]+):(\d+):(\d+)/gu;

const MAP = /\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/u;

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** The map at the end of a bundle. */
function mapOf(code: string): SourceMap | undefined {
  const map = MAP.exec(code)?.[1];
  return map === undefined ? undefined : new SourceMap(JSON.parse(decoded(map)) as SourceMap['payload']);
}

/** A stack with the places of user code in their files, and without the frames of this package that called it. */
export function readableStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  const lines = stack.split('\n');
  const last = lines.findLastIndex((line) => line.includes('data:text/javascript;base64,'));
  if (last < 0) return stack;
  const place = (_: string, bundle: string, line: string, column: string): string => {
    const map = maps.has(bundle) ? maps.get(bundle) : mapOf(decoded(bundle));
    maps.set(bundle, map);
    const found = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !('originalSource' in found)) return `user code:${line}:${column}`;
    return `${found.originalSource}:${String(found.originalLine + 1)}:${String(found.originalColumn + 1)}`;
  };
  return lines
    .slice(0, last + 1)
    .map((line) => line.replace(PLACE, place))
    .join('\n');
}

/** Where in user code an error was thrown, as `file:line:column`; undefined when it was not. */
export function userPlace(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const readable = readableStack(stack);
  if (readable === stack) return undefined;
  return /^ +at .*?([^\s()]+:\d+:\d+)\)?$/mu.exec(readable)?.[1];
}
