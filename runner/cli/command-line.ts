/**
 * From an argument list to a command and its exit status.
 */
import { Command as Parser, CommanderError } from 'commander';
import { EXIT, type Command, type ExitStatus, type ProcessEnvironment } from './command.js';
import { environmentOf, type GlobalOptions } from './environment.js';
import { declareCommands } from './declarations/commands.js';
import { suggest } from '../config/fields.js';
import { RequestError } from '../source/request-error.js';
import { reportFailure, usageError } from './report-failure.js';
import { packageVersion } from './version.js';

const DESCRIPTION =
  'Declarative machine-learning pipelines: a YAML file in, verified artifacts with their lineage out.';

const AFTER_HELP = `
Exit status: 0 done · 1 a step failed or a check did not hold · 2 invalid input or usage · 130 interrupted
Environment: PIPELINE_ROOT (as --root), PIPELINE_BACKEND (tensorflow, wasm or cpu),
             PIPELINE_REMOTE (a store shared with other machines; see docs/shared-store.md),
             PIPELINE_STORE_LIMIT (a run warns when artifacts take more; 50GB), NO_COLOR, FORCE_COLOR

First steps: pipeline init my-pipeline`;

/** Runs the command that the arguments name. Never throws. */
export async function commandLine(argv: readonly string[], outside: ProcessEnvironment): Promise<ExitStatus> {
  const program = new Parser('pipeline')
    .description(DESCRIPTION)
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--root <dir>', 'folder of the store (default: $PIPELINE_ROOT, else .pipeline)')
    .option('--json', 'answer in JSON, for programs')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .addHelpText('after', AFTER_HELP)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => {
        outside.stdout.write(text);
      },
      writeErr: (text) => {
        outside.stderr.write(text);
      },
      // Errors are thrown, and told below.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(outside.stdout.columns, 120),
      getErrHelpWidth: () => Math.min(outside.stderr.columns, 120),
      getOutHasColors: () => outside.stdout.colors,
      getErrHasColors: () => outside.stderr.colors,
    })
    .exitOverride();
  const failed = (error: unknown): ExitStatus =>
    reportFailure(error, { argv, json: argv.includes('--json'), environment: outside });
  const release = outside.onUncaught((error) => {
    outside.endStarted();
    return failed(error);
  });
  let status: ExitStatus = EXIT.done;
  declareCommands(program, async <A>(load: () => Promise<{ readonly command: Command<A> }>, args: A): Promise<void> => {
    const { command } = await load();
    status = await command(args, environmentOf(outside, argv, program.opts<GlobalOptions>()));
  });
  const known = program.commands.map((each) => each.name());
  try {
    const [first, about] = argv;
    if (first === 'help' && about !== undefined && !known.includes(about)) {
      throw new RequestError('usage', `there is no command '${about}'`, suggest(about, known));
    }
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      if (error.code === 'commander.help') return EXIT.invalid;
    }
    const command = known.find((name) => argv.includes(name));
    const help = `pipeline ${command === undefined ? '' : `${command} `}--help`;
    const told = error instanceof CommanderError ? usageError(error.message, `'${help}' tells how it is used`) : error;
    return failed(told);
  } finally {
    release();
  }
}
