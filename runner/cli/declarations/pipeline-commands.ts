/**
 * The commands that read a pipeline file.
 */
import { Option, type Command as Parser } from 'commander';
import type { Demand } from '../../config/demand.js';
import { budgetAmounts } from '../amounts.js';
import {
  GRAPH_FORMATS,
  type GraphArguments,
  type PipelineArguments,
  type PlanArguments,
  type PlanningArguments,
  type ResumeArguments,
  type RunArguments,
} from '../arguments.js';
import { collect, count, type Start } from './operands.js';

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

type PlanOptions = PipelineOptions &
  Omit<PlanningArguments, 'file' | 'paramsFiles' | 'jobs' | 'resources'> &
  MachineOptions;

/** What there is for the steps that run at the same time. */
interface MachineOptions {
  readonly jobs?: number;
  readonly resources?: Partial<Demand>;
}

/** How a run goes on when a step fails, and what it writes. */
interface ProgressOptions {
  readonly failFast?: boolean;
  readonly dryRun?: boolean;
  readonly report?: string;
  readonly metricsFile?: string;
}

/** What `run` takes beside what `plan` takes. */
interface RunOptions extends ProgressOptions, MachineOptions {
  readonly checkDeterminism?: boolean;
  readonly watch?: boolean;
}

const JOBS = 'steps that run at the same time (default: one a core)';
const RESOURCES =
  "what they may take together: 'cpu=4,memory=8GB,gpu=1' (default: the machine's cores and memory, no GPU)";

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
    .option('--force <node>', 'execute this node, cached or not (repeatable)', collect, [])
    .option('-j, --jobs <n>', JOBS, count)
    .option('--resources <amounts>', RESOURCES, budgetAmounts);
}

function planArguments(file: string, options: PlanOptions): PlanningArguments {
  const { from, to, only, exclude, cache, force, jobs, resources = {} } = options;
  return { ...pipelineArguments(file, options), from, to, only, exclude, cache, force, jobs, resources };
}

/** Adds to a command that executes what {@link ProgressOptions} holds. */
function progressOptions(command: Parser): Parser {
  return command
    .option('--keep-going', 'when a step fails, go on with what does not need it (default)')
    .addOption(new Option('--fail-fast', 'when a step fails, start nothing new').conflicts('keepGoing'))
    .option(
      '--metrics-file <file>',
      "write what the run came to, for the textfile collector of Prometheus' node exporter",
    )
    .addOption(new Option('--report <path>', 'write a page on the run when it has ended').conflicts('dryRun'))
    .option('--dry-run', "say what would happen, as 'plan' does; executes nothing");
}

/** Declares the commands that read a pipeline file. */
export function declarePipelineCommands(program: Parser, start: Start): void {
  program.commandsGroup('Pipelines:');
  progressOptions(
    planCommand(program, 'run', 'run a pipeline; what has not changed since an earlier run is not executed again'),
  )
    .option('--check-determinism', 'execute every step twice, and say which bytes differ: exit status 1')
    .addOption(
      new Option('--watch', 'run again whenever the file, user code or data change, until Ctrl-C').conflicts('dryRun'),
    )
    .action(async (file: string, options: PlanOptions & RunOptions) => {
      const { failFast = false, checkDeterminism = false } = options;
      const { watch = false, dryRun = false, metricsFile, report } = options;
      await start<RunArguments>(() => import('../commands/run.js'), {
        ...planArguments(file, options),
        failFast,
        metricsFile,
        checkDeterminism,
        watch,
        dryRun,
        report,
      });
    });
  const resume = program
    .command('resume')
    .description('run again, with its file and params, a run that did not complete: what it finished is cached')
    .argument('[run]', 'number of the run (default: the latest that did not complete)', count)
    .option('-j, --jobs <n>', JOBS, count)
    .option('--resources <amounts>', RESOURCES, budgetAmounts);
  progressOptions(resume).action(async (run: number | undefined, options: ProgressOptions & MachineOptions) => {
    const { jobs, resources = {}, failFast = false, dryRun = false, metricsFile, report } = options;
    const args = { run, jobs, resources, failFast, dryRun, metricsFile, report };
    await start<ResumeArguments>(() => import('../commands/resume.js'), args);
  });
  planCommand(program, 'plan', 'say what would run and why, how long it may take, and what is cached; executes nothing')
    .option('--exit-code', 'exit status 1 when something would run, 0 when nothing would', false)
    .action(async (file: string, options: PlanOptions & { exitCode: boolean }) => {
      const { exitCode } = options;
      await start<PlanArguments>(() => import('../commands/plan.js'), { ...planArguments(file, options), exitCode });
    });
  pipelineCommand(
    program,
    'validate',
    'say all that is wrong with a pipeline file or a fragment; executes nothing',
  ).action(async (file: string, options: PipelineOptions) => {
    await start(() => import('../commands/validate.js'), pipelineArguments(file, options));
  });
  pipelineCommand(program, 'graph', 'draw a pipeline: its nodes, their components, what goes from one to another')
    .addOption(new Option('--format <format>', 'how it is drawn').choices(GRAPH_FORMATS).default('text'))
    .option('--run <run>', 'show how the nodes ended in this run', count)
    .action(async (file: string, options: PipelineOptions & { format: GraphArguments['format']; run?: number }) => {
      const { format, run } = options;
      await start<GraphArguments>(() => import('../commands/graph.js'), {
        ...pipelineArguments(file, options),
        format,
        run,
      });
    });
  program
    .command('init')
    .description('make a small pipeline to begin with, which runs offline')
    .argument('[folder]', 'where to', '.')
    .action(async (folder: string) => {
      await start(() => import('../commands/init.js'), { folder });
    });
}
