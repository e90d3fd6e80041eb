/**
 * The commands with their operands and options. Each one's work is in a file of its own, loaded when it is called.
 */
import { InvalidArgumentError, Option, type Command as Parser } from 'commander';
import {
  CommandError,
  LINEAGE_FORMATS,
  type ArtifactsArguments,
  type Command,
  type ExplainArguments,
  type LineageArguments,
  type PipelineArguments,
  type RunArguments,
  type RunsArguments,
} from './command.js';

/** Loads a command and runs it. */
export type Start = <A>(load: () => Promise<{ readonly command: Command<A> }>, args: A) => Promise<void>;

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** Reads a whole number of at least 1. */
function count(value: string): number {
  if (/^[1-9]\d{0,8}$/u.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
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

function declarePipelineCommands(program: Parser, start: Start): void {
  pipelineCommand(program, 'run', 'run a pipeline; what has not changed since an earlier run is not executed again')
    .option('-j, --jobs <n>', 'steps that run at the same time (default: one a core)', count)
    .option('--no-cache', 'execute every step')
    .option('--force <node>', 'execute this node, cached or not (repeatable)', collect, [])
    .action(
      async (file: string, options: PipelineOptions & Pick<RunArguments, 'cache' | 'force'> & { jobs?: number }) => {
        const { jobs, cache, force } = options;
        const args: RunArguments = { ...pipelineArguments(file, options), jobs, cache, force };
        await start(() => notYet<RunArguments>(), args);
      },
    );
  pipelineCommand(program, 'plan', 'say what would run and why, and what is cached; executes nothing').action(
    async (file: string, options: PipelineOptions) => {
      await start(() => notYet<PipelineArguments>(), pipelineArguments(file, options));
    },
  );
  pipelineCommand(program, 'validate', 'say all that is wrong with a pipeline file; executes nothing').action(
    async (file: string, options: PipelineOptions) => {
      await start(() => notYet<PipelineArguments>(), pipelineArguments(file, options));
    },
  );
}

function notYet<A>(): Promise<{ readonly command: Command<A> }> {
  return Promise.reject(new CommandError('not-there', 'this command is not there yet'));
}

/** Declares all commands. */
export function declareCommands(program: Parser, start: Start): void {
  declarePipelineCommands(program, start);
  void ({} as unknown as ArtifactsArguments & ExplainArguments & LineageArguments & RunsArguments);
  void LINEAGE_FORMATS;
  void Option;
}
