/**
 * The commands with their operands and options. Each one's work is in a file of its own, loaded when it is called.
 */
import { Argument, InvalidArgumentError, Option, type Command as Parser } from 'commander';
import {
  LINEAGE_FORMATS,
  RUN_STATUSES,
  SHELLS,
  type ArtifactsArguments,
  type CompletionArguments,
  type ExplainArguments,
  type LineageArguments,
  type LogsArguments,
  type MetricsArguments,
  type PipelineArguments,
  type PlanArguments,
  type ResumeArguments,
  type RunArguments,
  type RunSelection,
  type RunsArguments,
} from './command.js';
import { count, type Start } from './operands.js';
import { declareStoreCommands } from './store-commands.js';

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** Reads a whole number of at least 0. */
function countFromZero(value: string): number {
  return value === '0' ? 0 : count(value);
}

interface SelectionOptions {
  readonly pipeline?: string;
  readonly status?: RunSelection['status'];
  readonly where?: string;
  readonly sort?: string;
  readonly limit: number;
  readonly offset: number;
}

/** Options that say which runs are wanted. */
function selectingRuns(command: Parser, limit: number): Parser {
  return command
    .option('--pipeline <name>', 'only runs of this pipeline')
    .addOption(new Option('--status <status>', 'only runs that ended so').choices(RUN_STATUSES))
    .option('--where <condition>', 'only runs for which this holds, in CEL: "metrics.accuracy > 0.8"')
    .option('--sort <key>', 'run, started, took, metrics.NAME or params.NAME; with - before it the other way around')
    .option('--limit <n>', 'at most so many', count, limit)
    .option('--offset <n>', 'pass over so many', countFromZero, 0);
}

function selection({ pipeline, status, where, sort, limit, offset }: SelectionOptions): RunSelection {
  return { pipeline, status, where, sort, limit, offset };
}

interface PipelineOptions {
  readonly set: readonly string[];
  readonly paramsFile: readonly string[];
}

function pipelineCommand(program: Parser, name: string, summary: string): Parser {
  return program
    .command(name)
    .description(summary)
    .argument('<file>', 'pipeline file, or the name of one in pipelines/')
    .option('--set <name=value>', "value of a pipeline param, in YAML: --set 'modes=[a, b]' (repeatable)", collect, [])
    .option('--params-file <file>', 'YAML or JSON file with values of params (repeatable)', collect, []);
}

function pipelineArguments(file: string, { set, paramsFile }: PipelineOptions): PipelineArguments {
  return { file, set, paramsFiles: paramsFile };
}

type PlanOptions = PipelineOptions & Omit<PlanArguments, 'file' | 'paramsFiles'>;

/** A command that decides what is to be executed. */
function planCommand(program: Parser, name: string, summary: string): Parser {
  return pipelineCommand(program, name, summary)
    .option('--from <node>', 'only this node and what comes after it (repeatable)', collect, [])
    .option('--to <node>', 'only this node and what it needs (repeatable)', collect, [])
    .addOption(
      new Option('--only <node>', 'only this node; what it needs must be cached (repeatable)')
        .argParser(collect)
        .default([])
        .conflicts(['from', 'to']),
    )
    .option('--exclude <node>', 'neither this node nor what comes after it (repeatable)', collect, [])
    .option('--no-cache', 'execute every step')
    .option('--force <node>', 'execute this node, cached or not (repeatable)', collect, []);
}

function planArguments(file: string, options: PlanOptions): PlanArguments {
  const { from, to, only, exclude, cache, force } = options;
  return { ...pipelineArguments(file, options), from, to, only, exclude, cache, force };
}

/** Commands that read a pipeline file. */
function declarePipelineCommands(program: Parser, start: Start): void {
  program.commandsGroup('Pipelines:');
  planCommand(program, 'run', 'run a pipeline; what has not changed since an earlier run is not executed again')
    .option('-j, --jobs <n>', 'steps that run at the same time (default: one a core)', count)
    .option('--keep-going', 'when a step fails, go on with what does not need it (default)')
    .addOption(new Option('--fail-fast', 'when a step fails, start nothing new').conflicts('keepGoing'))
    .option('--dry-run', "say what would happen, as 'plan' does; executes nothing")
    .action(async (file: string, options: PlanOptions & { jobs?: number; failFast?: true; dryRun?: true }) => {
      const { jobs, failFast = false, dryRun = false } = options;
      await start<RunArguments>(() => import('./run.js'), { ...planArguments(file, options), jobs, failFast, dryRun });
    });
  program
    .command('resume')
    .description('run again, with its file and params, a run that did not complete: what it finished is cached')
    .argument('[run]', 'number of the run (default: the latest that did not complete)', count)
    .option('-j, --jobs <n>', 'steps that run at the same time (default: one a core)', count)
    .option('--fail-fast', 'when a step fails, start nothing new')
    .action(async (run: number | undefined, { jobs, failFast = false }: { jobs?: number; failFast?: boolean }) => {
      await start<ResumeArguments>(() => import('./resume.js'), { run, jobs, failFast });
    });
  planCommand(program, 'plan', 'say what would run and why, and what is cached; executes nothing').action(
    async (file: string, options: PlanOptions) => {
      await start(() => import('./plan.js'), planArguments(file, options));
    },
  );
  pipelineCommand(program, 'validate', 'say all that is wrong with a pipeline file; executes nothing').action(
    async (file: string, options: PipelineOptions) => {
      await start(() => import('./validate.js'), pipelineArguments(file, options));
    },
  );
  program
    .command('init')
    .description('make a small pipeline to begin with, which runs offline')
    .argument('[folder]', 'where to', '.')
    .action(async (folder: string) => {
      await start(() => import('./init.js'), { folder });
    });
}

const ONE_RUN = 'number of the run (default: the latest)';

/** Commands that look back: they need no pipeline file. */
function declareLookingBack(program: Parser, start: Start): void {
  program.commandsGroup('Looking back:');
  selectingRuns(program.command('runs').description('list runs, newest first'), 20).action(
    async (options: SelectionOptions) => {
      await start<RunsArguments>(() => import('./runs.js'), selection(options));
    },
  );
  program
    .command('show')
    .description('tell all of one run: nodes, metrics, artifacts, failures')
    .argument('[run]', ONE_RUN, count)
    .action(async (run: number | undefined) => {
      await start(() => import('./show.js'), { run });
    });
  program
    .command('logs')
    .description('print what a step said')
    .usage('[options] [run] <node>')
    .argument('<step...>', 'number of the run (default: the latest), and the name of the node')
    .option('-f, --follow', 'go on as the step goes on, until it ends', false)
    .option('-n, --tail <lines>', 'only so many lines from the end', count)
    .action(async (step: readonly string[], { follow, tail }: { follow: boolean; tail?: number }) => {
      const [first = '', second, ...more] = step;
      if (more.length > 0) throw new InvalidArgumentError(`too many operands: ${more.join(' ')}`);
      if (second !== undefined && !/^[1-9]\d{0,8}$/u.test(first)) {
        throw new InvalidArgumentError(`'${first}' is no number of a run.`);
      }
      const [run, node] = second === undefined ? [undefined, first] : [Number(first), second];
      await start<LogsArguments>(() => import('./logs.js'), { run, node, follow, tail });
    });
  selectingRuns(
    program
      .command('metrics')
      .description('compare the metrics of the runs of a pipeline (default: that of the latest run)')
      .argument('[metric...]', 'a metric, a node, or node.metric (default: all)'),
    20,
  ).action(async (names: readonly string[], options: SelectionOptions) => {
    await start<MetricsArguments>(() => import('./metrics.js'), { names, ...selection(options) });
  });
  program
    .command('explain')
    .description('say why a node was executed or was not, and which ingredient changed')
    .argument('<node>', 'name of the node')
    .option('--run <run>', ONE_RUN, count)
    .option('--vs <run>', 'compare with this run (default: the execution that differs least)', count)
    .action(async (node: string, { run, vs }: { run?: number; vs?: number }) => {
      await start<ExplainArguments>(() => import('./explain.js'), { node, run, vs });
    });
  program
    .command('artifacts')
    .description('list artifacts, newest first')
    .option('--type <type>', 'only those of this type: Examples, Model, …')
    .option('--pipeline <name>', 'only those of this pipeline')
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ type, pipeline, limit }: { type?: string; pipeline?: string; limit: number }) => {
      await start<ArtifactsArguments>(() => import('./artifacts.js'), { type, pipeline, limit });
    });
  program
    .command('lineage')
    .description('say what an artifact was made from, and what was made from it')
    .argument('<artifact>', 'node.output, run:node.output, the beginning of a digest, or an id')
    .option('--run <run>', ONE_RUN, count)
    .addOption(new Option('--format <format>', 'how it is drawn').choices(LINEAGE_FORMATS).default('text'))
    .addOption(new Option('--direction <way>', 'which way').choices(['up', 'down', 'both']).default('both'))
    .option('--limit <n>', 'at most so many artifacts', count, 200)
    .action(async (artifact: string, options: Omit<LineageArguments, 'artifact' | 'run'> & { run?: number }) => {
      const { run, format, direction, limit } = options;
      await start<LineageArguments>(() => import('./lineage.js'), { artifact, run, format, direction, limit });
    });
}

/** Commands about this installation. */
function declareOthers(program: Parser, start: Start): void {
  program.commandsGroup('Reference and care:');
  program
    .command('components')
    .description('list the components, or describe one: inputs, outputs, params')
    .argument('[name]', 'name of a component')
    .action(async (name: string | undefined) => {
      await start(() => import('./components.js'), { name });
    });
  program
    .command('lsp')
    .description('serve an editor: diagnostics, completion, documentation, renaming in pipeline files')
    .option('--stdio', 'speak on standard input and output, which it always does')
    .action(async () => {
      await start(() => import('./lsp.js'), undefined);
    });
  program
    .command('completion')
    .description('print a script that makes a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action(async (shell: CompletionArguments['shell']) => {
      await start<CompletionArguments>(() => import('./completion.js'), { shell });
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[]) => {
      await start(() => import('./complete.js'), { program, words });
    });
  program
    .command('doctor')
    .description('check what pipelines need here, and say how to get what is missing')
    .action(async () => {
      await start(() => import('./doctor.js'), undefined);
    });
  program
    .command('verify')
    .description('hash every artifact of the store; what is damaged is set aside')
    .action(async () => {
      await start(() => import('./verify.js'), undefined);
    });
}

/** Declares all commands. */
export function declareCommands(program: Parser, start: Start): void {
  declarePipelineCommands(program, start);
  declareLookingBack(program, start);
  declareOthers(program, start);
  declareStoreCommands(program, start);
}
