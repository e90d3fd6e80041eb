/**
 * Commands run in the test's own process: for tests that ask the same of very many stores.
 */
import type { TextOutput } from '../../runner/reporting/text/text-output.js';
import { commandLine } from '../../runner/cli/command-line.js';
import type { ProcessEnvironment } from '../../runner/cli/command.js';
import { repeatRun } from '../../runner/cli/repeat-run.js';
import type { CommandResult } from './cli.js';
import { endsOf } from './steps.js';

/** Runs a command to its end, by the way that the program goes. */
export async function commandHere(cwd: string, args: readonly string[]): Promise<CommandResult> {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts): TextOutput => ({
    write: (text) => {
      texts[name] += text;
    },
    isBehind: false,
    isTTY: false,
    columns: 120,
    rows: 24,
    colors: false,
    onResize: () => () => undefined,
  });
  const environment: ProcessEnvironment = {
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
  };
  const repeated = args.includes('run') ? await repeatRun(args, environment) : undefined;
  const status = repeated ?? (await commandLine(args, environment));
  return { status, ...texts };
}

/** How each node ended in a run of `p.yaml`. */
export async function runHere(folder: string, ...more: readonly string[]): Promise<Readonly<Record<string, string>>> {
  return endsOf(await commandHere(folder, ['run', 'p.yaml', '--json', ...more]));
}
