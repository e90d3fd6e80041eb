/**
 * The commands that compare runs and look after a store, with their options.
 */
import { Option, type Command as Parser } from 'commander';
import { durationAmount, sizeAmount, type Amount } from './amounts.js';
import { DIFF_FORMATS, type DiffArguments, type GcArguments } from './command.js';
import { count, type Start } from './operands.js';

interface GcOptions {
  readonly keepLast?: number;
  readonly maxAge?: Amount;
  readonly maxSize?: Amount;
  readonly pipeline?: string;
  readonly dryRun: boolean;
  readonly undo: boolean;
  readonly purge: boolean;
}

function declareGc(program: Parser, start: Start): void {
  const collecting = ['keepLast', 'maxAge', 'maxSize', 'pipeline', 'dryRun'];
  program
    .command('gc')
    .description('move artifacts that are not to be kept to the trash; what blessed and pushed models came from stays')
    .option('--keep-last <n>', 'keep those of the last n complete runs of each pipeline, at least', count)
    .option('--max-age <duration>', 'let those go that only older runs used: 30d, 12h', durationAmount)
    .option('--max-size <size>', 'let those go that are unused for longest, until the store fits: 10GB', sizeAmount)
    .option('--pipeline <name>', 'only what runs of this pipeline used')
    .option('--dry-run', 'say what would go, why, and its bytes', false)
    .addOption(new Option('--undo', 'bring back what went last').default(false).conflicts([...collecting, 'purge']))
    .addOption(new Option('--purge', 'remove what is in the trash for good').default(false).conflicts(collecting))
    .action(async ({ keepLast, maxAge, maxSize, pipeline, dryRun, undo, purge }: GcOptions) => {
      const phase = undo ? 'undo' : purge ? 'purge' : 'collect';
      await start<GcArguments>(() => import('./gc.js'), { phase, dryRun, keepLast, maxAge, maxSize, pipeline });
    });
}

function declareDiff(program: Parser, start: Start): void {
  program
    .command('diff')
    .description('compare two runs: params, ingredients of steps, metrics, artifacts, timings')
    .argument('<before>', 'number of a run', count)
    .argument('<after>', 'number of another', count)
    .addOption(new Option('--format <format>', 'how it is drawn').choices(DIFF_FORMATS).default('text'))
    .action(async (before: number, after: number, { format }: Pick<DiffArguments, 'format'>) => {
      await start<DiffArguments>(() => import('./diff.js'), { before, after, format });
    });
}

/** Declares them. */
export function declareStoreCommands(program: Parser, start: Start): void {
  declareDiff(program, start);
  declareGc(program, start);
}
