/**
 * The commands that look after a store.
 */
import { Option, type Command as Parser } from 'commander';
import { durationAmount, sizeAmount, type Amount } from '../amounts.js';
import type { ExportArguments, GcArguments, ImportArguments } from '../arguments.js';
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
      await start<GcArguments>(() => import('../commands/gc.js'), {
        phase,
        dryRun,
        keepLast,
        maxAge,
        maxSize,
        pipeline,
      });
    });
}

function declareVerify(program: Parser, start: Start): void {
  program
    .command('verify')
    .description('hash every artifact of the store, and the user code that it keeps; what is damaged is set aside')
    .action(async () => {
      await start(() => import('../commands/verify.js'), undefined);
    });
}

function declareArchives(program: Parser, start: Start): void {
  program
    .command('export')
    .description('write a run into one archive: artifacts, records, pipeline file, user code')
    .argument('<run>', 'number of the run', count)
    .option('-o, --output <archive>', 'where to (default: run-NUMBER.tar.gz)')
    .option('--force', 'replace what is there', false)
    .action(async (run: number, { output, force }: { output?: string; force: boolean }) => {
      await start<ExportArguments>(() => import('../commands/export.js'), { run, output, force });
    });
  program
    .command('import')
    .description('take in the archive of a run from someone whom you trust: its steps are then cached here')
    .argument('<archive>', 'what export wrote')
    .option('--files <folder>', 'unpack the pipeline file and its code into this new folder')
    .addOption(
      new Option('--max-size <size>', 'refuse archives that hold more')
        .argParser(sizeAmount)
        .default(sizeAmount('50GB'), '50GB'),
    )
    .action(async (archive: string, { files, maxSize }: { files?: string; maxSize: Amount }) => {
      await start<ImportArguments>(() => import('../commands/import.js'), { archive, files, maxSize });
    });
}

/** Declares the commands that look after a store. */
export function declareStoreCommands(program: Parser, start: Start): void {
  program.commandsGroup('Looking after the store:');
  declareVerify(program, start);
  declareGc(program, start);
  declareArchives(program, start);
}
