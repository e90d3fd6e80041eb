/**
 * Commands run in the test's own process: for tests that ask the same of very many stores.
 */
import type { TextOutput } from '../../runner/reporting/text/text-output.js';
import { commandLine } from '../../runner/cli/command-line.js';
import type { CommandResult } from './cli.js';

/** Runs a command to its end. */
export async function commandHere(cwd: string, args: readonly string[]): Promise<CommandResult> {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts): TextOutput => ({
    write: (text) => {
      texts[name] += text;
    },
    isTTY: false,
    columns: 120,
    rows: 24,
    colors: false,
    onResize: () => () => undefined,
  });
  const status = await commandLine(args, {
    cwd,
    env: {},
    program: '',
    node: process.version,
    platform: process.platform,
    stdout: output('stdout'),
    stderr: output('stderr'),
    now: () => Date.now(),
    onSignal: () => () => undefined,
    onUncaught: () => () => undefined,
    onExit: () => () => undefined,
    endStarted: () => [],
  });
  return { status, ...texts };
}
