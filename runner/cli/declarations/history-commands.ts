/**
 * The commands that look back at runs; they need no pipeline file.
 */
import { InvalidArgumentError, Option, type Command as Parser } from 'commander';
import {
  DIFF_FORMATS,
  LINEAGE_FORMATS,
  type ArtifactsArguments,
  type BisectArguments,
  type CheckoutArguments,
  type DiffArguments,
  type ExplainArguments,
  type LineageArguments,
  type LogsArguments,
  type MetricsArguments,
  type ReportArguments,
  type RunsArguments,
} from '../arguments.js';
import { RUN_STATUSES, type RunSelection } from '../../history/run-selection.js';
import { count, countFromZero, type Start } from './operands.js';

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

function declareDiff(program: Parser, start: Start): void {
  program
    .command('diff')
    .description('compare two runs: params, ingredients of steps, metrics, artifacts, timings')
    .argument('<before>', 'number of a run', count)
    .argument('<after>', 'number of another', count)
    .addOption(new Option('--format <format>', 'how it is drawn').choices(DIFF_FORMATS).default('text'))
    .action(async (before: number, after: number, { format }: Pick<DiffArguments, 'format'>) => {
      await start<DiffArguments>(() => import('../commands/diff.js'), { before, after, format });
    });
}

const ONE_RUN = 'number of the run (default: the latest)';

/** Declares the commands that look back. */
export function declareHistoryCommands(program: Parser, start: Start): void {
  program.commandsGroup('Looking back:');
  selectingRuns(program.command('runs').description('list runs, newest first'), 20).action(
    async (options: SelectionOptions) => {
      await start<RunsArguments>(() => import('../commands/runs.js'), selection(options));
    },
  );
  program
    .command('show')
    .description('tell all of one run: nodes, metrics, artifacts, failures')
    .argument('[run]', ONE_RUN, count)
    .action(async (run: number | undefined) => {
      await start(() => import('../commands/show.js'), { run });
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
      await start<LogsArguments>(() => import('../commands/logs.js'), { run, node, follow, tail });
    });
  selectingRuns(
    program
      .command('metrics')
      .description('compare the metrics of the runs of a pipeline (default: that of the latest run)')
      .argument('[metric...]', 'a metric, a node, or node.metric (default: all)'),
    20,
  ).action(async (names: readonly string[], options: SelectionOptions) => {
    await start<MetricsArguments>(() => import('../commands/metrics.js'), { names, ...selection(options) });
  });
  program
    .command('explain')
    .description('say why a node was executed or was not, and which ingredient changed')
    .argument('<node>', 'name of the node')
    .option('--run <run>', ONE_RUN, count)
    .option('--vs <run>', 'compare with this run (default: the execution that differs least)', count)
    .action(async (node: string, { run, vs }: { run?: number; vs?: number }) => {
      await start<ExplainArguments>(() => import('../commands/explain.js'), { node, run, vs });
    });
  program
    .command('artifacts')
    .description('list artifacts, newest first')
    .option('--type <type>', 'only those of this type: Examples, Model, …')
    .option('--pipeline <name>', 'only those of this pipeline')
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ type, pipeline, limit }: { type?: string; pipeline?: string; limit: number }) => {
      await start<ArtifactsArguments>(() => import('../commands/artifacts.js'), { type, pipeline, limit });
    });
  program
    .command('lineage')
    .description('say what an artifact was made from, and what was made from it')
    .argument(
      '<artifact>',
      'node.output, run:node.output, the beginning of a digest, an id, or a file or folder that came from it',
    )
    .option('--run <run>', ONE_RUN, count)
    .addOption(new Option('--format <format>', 'how it is drawn').choices(LINEAGE_FORMATS).default('text'))
    .addOption(new Option('--direction <way>', 'which way').choices(['up', 'down', 'both']).default('both'))
    .option('--limit <n>', 'at most so many artifacts', count, 200)
    .action(async (artifact: string, options: Omit<LineageArguments, 'artifact' | 'run'> & { run?: number }) => {
      const { run, format, direction, limit } = options;
      await start<LineageArguments>(() => import('../commands/lineage.js'), {
        artifact,
        run,
        format,
        direction,
        limit,
      });
    });
  declareDiff(program, start);
  program
    .command('report')
    .description('write one page on a run: graph, times, metrics, training curves, lineage, the ends of logs')
    .argument('[run]', ONE_RUN, count)
    .option('-o, --output <path>', 'where to (default: run-NUMBER.html)')
    .action(async (run: number | undefined, { output }: { output?: string }) => {
      await start<ReportArguments>(() => import('../commands/report.js'), { run, output });
    });
  program
    .command('checkout')
    .description('copy artifacts of a past run into a folder, as node/output')
    .argument('<run>', 'number of the run', count)
    .argument('[node]', 'only those of this node')
    .option('-o, --output <folder>', 'where to (default: run-NUMBER)')
    .option('--hard-links', 'link the read-only files of the store rather than copying them', false)
    .option('--force', 'replace what is there', false)
    .action(
      async (
        run: number,
        node: string | undefined,
        { output, hardLinks, force }: { output?: string; hardLinks: boolean; force: boolean },
      ) => {
        const args = { run, node, output, hardLinks, force };
        await start<CheckoutArguments>(() => import('../commands/checkout.js'), args);
      },
    );
  program
    .command('bisect')
    .description(
      'find what moved a metric: params, inputs, code or data, by running the pipeline with those of two runs mixed',
    )
    .argument('<good>', 'number of a run', count)
    .argument('<bad>', 'number of a later one', count)
    .requiredOption('--metric <metric>', 'the metric, or node.metric')
    .action(async (good: number, bad: number, { metric }: { metric: string }) => {
      await start<BisectArguments>(() => import('../commands/bisect.js'), { good, bad, metric });
    });
}
