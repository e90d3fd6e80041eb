/**
 * `pipeline bisect`: which changed param moved a metric, by running the pipeline with params of a good and a bad run mixed.
 * Whatever the mixtures have in common with earlier runs is cached, and nothing after the metric is executed.
 */
import { availableParallelism } from 'node:os';
import type { RunRecord } from '../../../artifacts/metadata/records.js';
import { StepError } from '../../../components/executor.js';
import { runPipeline } from '../../execution/run-pipeline.js';
import { machineBudget, overBudget } from '../../graph/budget.js';
import { bisectQuestion, type BisectQuestion } from '../../history/bisect-question.js';
import { bisect, type Bisection, type Trial } from '../../history/bisection.js';
import { plainLine } from '../../reporting/text/plain-text.js';
import { counted, metricText } from '../../reporting/text/quantities.js';
import { realClock } from '../../reporting/reporter.js';
import { stepLogs } from '../../reporting/logs/step-logs.js';
import { styleFor } from '../../reporting/text/style.js';
import { tableLines } from '../../reporting/text/table.js';
import type { BisectArguments } from '../arguments.js';
import { EXIT, InvalidPipeline, type Command, type Environment } from '../command.js';
import { loadGraph } from '../load.js';
import { answerJson, withStore } from '../open-store.js';
import { selectGraph } from '../select.js';
import { rootOption } from '../shown-path.js';

/** Runs mixtures of two runs' params. */
function mixer(
  { good, bad, node, metric }: BisectQuestion,
  environment: Environment,
  stop: AbortSignal,
  kill: AbortSignal,
): (switched: readonly string[]) => Promise<{ run: number; value: number } | undefined> {
  return async (switched) => {
    const values = Object.entries(good.params).map(([name, value]) => [
      name,
      switched.includes(name) ? bad.params[name] : value,
    ]);
    const set = values.map(([name, value]) => `${String(name)}=${JSON.stringify(value)}`);
    const graph = await loadGraph({ file: bad.file, set, paramsFiles: [] }, environment);
    const selected = selectGraph(graph, { from: [], to: [node], only: [], exclude: [], force: [] });
    const budget = machineBudget({}, undefined);
    const over = overBudget(selected, budget);
    if (over.length > 0) throw new InvalidPipeline(over);
    const logs = stepLogs(environment.root, realClock, () => undefined);
    try {
      const { run, outcome } = await runPipeline({
        ...selected,
        // It tries things out: nobody is to be told of every attempt.
        graph: { ...selected.graph, onSuccess: [], onFailure: [] },
        root: environment.root,
        jobs: availableParallelism(),
        budget,
        cache: true,
        failFast: true,
        checkDeterminism: false,
        report: (event) => {
          logs.report(event);
        },
        stop,
        kill,
      });
      if (outcome === 'canceled') return undefined;
      const value = await withStore(
        environment,
        ({ metadata }) =>
          metadata.executionsOf(run).findLast(({ execution }) => execution.node === node)?.execution.metrics[metric],
      );
      if (value !== undefined) return { run, value };
      throw new StepError(
        'no-value',
        `run ${String(run)}, with ${switched.join(', ') || 'nothing'} as in run ${String(bad.id)}, gave no ${node}.${metric}`,
        `pipeline show ${String(run)}`,
      );
    } finally {
      logs.close();
    }
  };
}

function trialText({ switched, run, value, isBad }: Trial, { good, bad }: BisectQuestion): string {
  const what =
    switched.length === 0 ? `all as in run ${String(good.id)}` : `${switched.join(', ')} as in run ${String(bad.id)}`;
  return plainLine(`run ${String(run)}: ${metricText(value)}, ${isBad ? 'bad' : 'good'}: ${what}`);
}

/** Ingredients that cannot be mixed: what differs though it comes from no param of the pipeline. */
function otherIngredients({ ingredients }: BisectQuestion): readonly (readonly string[])[] {
  const short = (json: string | undefined): string => (json === undefined ? '–' : json.slice(0, 40));
  return ingredients
    .filter(({ path }) => !path.startsWith('inputs.'))
    .map(({ node, path, before, after }) => [node, path, short(before), short(after)]);
}

function resultText(question: BisectQuestion, { cause, alone, trials }: Bisection, environment: Environment): string {
  const { stdout } = environment;
  const style = styleFor(stdout.colors);
  const { good, bad } = question;
  if (cause === undefined) {
    const which = trials[0]?.isBad === true ? good : bad;
    return [
      `the params do not tell: with those of run ${String(which.id)}, the pipeline as it is now gives another value than it gave then`,
      'what else differs between the two runs:',
      ...tableLines(
        [{ title: 'node' }, { title: 'ingredient' }, { title: 'before' }, { title: 'after' }],
        otherIngredients(question),
        stdout.isTTY ? stdout.columns - 2 : Infinity,
      ).map((line) => `  ${line}`),
      '',
    ].join('\n');
  }
  const value = (run: RunRecord): string => plainLine(JSON.stringify(run.params[cause]));
  const share =
    alone?.isBad === true
      ? `alone it gives ${metricText(alone.value)}`
      : `alone it does not: it takes others of the changes beside it`;
  return [
    `${style.strong(cause)} moved it: ${value(good)} → ${value(bad)}; ${share}`,
    '',
    `next: ${style.strong(`pipeline diff ${String(good.id)} ${String(alone?.run ?? bad.id)}${rootOption(environment)}`)}`,
    '',
  ].join('\n');
}

export const command: Command<BisectArguments> = async (args, environment) => {
  const { stdout, stderr, json } = environment;
  const question = await withStore(environment, ({ metadata }) => bisectQuestion(args, args.metric, metadata));
  const { good, bad, node, metric, values, changes } = question;
  if (!json) {
    const [before, after] = [metricText(values.good), metricText(values.bad)];
    stdout.write(
      plainLine(`${node}.${metric}: ${before} in run ${String(good.id)}, ${after} in run ${String(bad.id)}`),
    );
    stdout.write(`\n${counted(changes.length, 'param')} changed: ${plainLine(changes.join(', '))}\n`);
  }
  const stop = new AbortController();
  const kill = new AbortController();
  const release = environment.onSignal(() => {
    if (stop.signal.aborted) kill.abort();
    else stop.abort();
  });
  try {
    const mix = mixer(question, environment, stop.signal, kill.signal);
    const found = await bisect(changes, values, async (switched) => {
      const measured = await mix(switched);
      if (measured === undefined) return undefined;
      const isBad = Math.abs(measured.value - values.bad) < Math.abs(measured.value - values.good);
      if (!json) stdout.write(`  ${trialText({ switched, ...measured, isBad }, question)}\n`);
      return measured;
    });
    if (found === undefined) {
      stderr.write('stopped\n');
      return EXIT.interrupted;
    }
    if (json) {
      const { trials, cause, alone } = found;
      const ends = { good: { run: good.id, value: values.good }, bad: { run: bad.id, value: values.bad } };
      const change =
        cause === undefined ? undefined : { param: cause, before: good.params[cause], after: bad.params[cause] };
      answerJson(environment, 'bisection', { node, metric, ...ends, trials, cause: change, alone: alone?.isBad });
    } else stdout.write(resultText(question, found, environment));
    return found.cause === undefined ? EXIT.failed : EXIT.done;
  } finally {
    release();
  }
};
