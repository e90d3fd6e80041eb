/**
 * What a command gets: the process, with what the options before all others say.
 */
import { resolve } from 'node:path';
import type { Environment, ProcessEnvironment } from './command.js';

/** Options of every command. */
export interface GlobalOptions {
  readonly root?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The environment of a command. */
export function environmentOf(
  outside: ProcessEnvironment,
  argv: readonly string[],
  { root, json }: GlobalOptions,
): Environment {
  const named = root ?? outside.env['PIPELINE_ROOT'];
  // A spread would read getters such as the terminal's width once and for all.
  return Object.create(outside, {
    argv: { value: argv, enumerable: true },
    root: { value: resolve(outside.cwd, named === undefined || named === '' ? '.pipeline' : named), enumerable: true },
    json: { value: json === true, enumerable: true },
  }) as Environment;
}
