/**
 * The commands about this installation, for reference and for editors and shells.
 */
import { Argument, type Command as Parser } from 'commander';
import { SHELLS, type CompletionArguments } from '../arguments.js';
import type { Start } from './operands.js';

/** Declares the commands about this installation. */
export function declareReferenceCommands(program: Parser, start: Start): void {
  program.commandsGroup('Reference and help:');
  program
    .command('components')
    .description('list the components, or describe one: inputs, outputs, params')
    .argument('[name]', 'name of a component')
    .action(async (name: string | undefined) => {
      await start(() => import('../commands/components.js'), { name });
    });
  program
    .command('lsp')
    .description('serve an editor: diagnostics, completion, documentation, renaming in pipeline files')
    .option('--stdio', 'speak on standard input and output, which it always does')
    .action(async () => {
      await start(() => import('../commands/lsp.js'), undefined);
    });
  program
    .command('completion')
    .description('print a script that makes a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action(async (shell: CompletionArguments['shell']) => {
      await start<CompletionArguments>(() => import('../commands/completion.js'), { shell });
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      await start(() => import('../commands/complete.js'), { program, words });
    });
  program
    .command('doctor')
    .description('check what pipelines need here, and say how to get what is missing')
    .action(async () => {
      await start(() => import('../commands/doctor.js'), undefined);
    });
}
