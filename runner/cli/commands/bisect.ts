/**
 * `pipeline bisect`: which changes between two runs moved a metric, by running the pipeline with what a good and a bad run
 * were made of mixed. Whatever the mixtures have in common with earlier runs is cached, and nothing after the metric is
 * executed.
 */
import { availableParallelism } from 'node:os';
import { realDisk } from '../../../artifacts/disk.js';
import { closeStaging, openStaging, stagingPaths } from '../../../artifacts/store/staging.js';
import { StepError } from '../../../components/executor.js';
import { runPipeline } from '../../execution/run-pipeline.js';
import type { RunEvent } from '../../execution/run-event.js';
import { machineBudget, overBudget } from '../../graph/budget.js';
import type { PipelineGraph } from '../../graph/pipeline-graph.js';
import { bisectQuestion, type BisectQuestion } from '../../history/bisect/bisect-question.js';
import { causeLines, questionLines, trialLine } from '../../history/bisect/bisection-text.js';
import { bisect, type Bisection, type Outcome } from '../../history/bisect/bisection.js';
import { makeMixer, type Mixer } from '../../history/bisect/mixer.js';
import type { Mixture } from '../../history/bisect/mixture.js';
import { codeRestorer } from '../../history/bisect/restored-code.js';
import type { Switch } from '../../history/bisect/switches.js';
import { realClock } from '../../reporting/reporter.js';
import { stepLogs } from '../../reporting/logs/step-logs.js';
import { styleFor } from '../../reporting/text/style.js';
import type { Checked, Diagnostic } from '../../source/diagnostic.js';
import { RequestError } from '../../source/request-error.js';
import type { BisectArguments } from '../arguments.js';
import { EXIT, InvalidPipeline, type Command, type Environment, type ExitStatus } from '../command.js';
import { checkedGraph } from '../load.js';
import { answerJson, withStore } from '../open-store.js';
import { rootOption } from '../shown-path.js';

/** Signals to stop, and then to kill. */
interface Stop {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

/** A mixture that this machine can run; or what is wrong with it. */
function runnable(mixed: Checked<Mixture>): Checked<Mixture> {
  if (!mixed.ok) return mixed;
  const over = overBudget({ graph: mixed.value.graph, fromCache: new Set<string>() }, machineBudget({}, undefined));
  return over.length === 0 ? mixed : { ok: false, diagnostics: over };
}

/** Why a mixture was not run, though both runs were of a valid pipeline. */
function invalidity([first, ...more]: readonly Diagnostic[]): string {
  const others = more.length === 0 ? '' : `, and ${String(more.length)} more`;
  return `the pipeline is invalid so: ${first?.message ?? ''}${others}`;
}

/** Runs a mixture; answers with the value of the metric, or with nothing when it was stopped. */
async function measured(
  { graph, recorded }: Mixture,
  { node, metric }: BisectQuestion,
  { stop, kill }: Stop,
  environment: Environment,
): Promise<Outcome | undefined> {
  const logs = stepLogs(environment.root, realClock, () => undefined);
  const failures: Extract<RunEvent, { type: 'step-failed' }>[] = [];
  try {
    const { run, outcome } = await runPipeline({
      // It tries things out: nobody is to be told of every attempt.
      graph: { ...graph, onSuccess: [], onFailure: [] },
      recorded,
      fromCache: new Set(),
      force: new Set(),
      root: environment.root,
      jobs: availableParallelism(),
      budget: machineBudget({}, undefined),
      cache: true,
      failFast: true,
      checkDeterminism: false,
      report: (event) => {
        if (event.type === 'step-failed') failures.push(event);
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
    const [failed] = failures;
    const failure = failed && `${failed.node} failed: ${failed.failure.message}`;
    return { run, failure: failure ?? `it gave no ${node}.${metric}` };
  } finally {
    logs.close();
  }
}

/** Work with a folder for restored code, and with what can be switched. */
async function withMixer<T>(
  question: BisectQuestion,
  environment: Environment,
  work: (mixer: Mixer) => Promise<T>,
): Promise<T> {
  return await withStore(environment, async ({ root, metadata }) => {
    const folder = stagingPaths(root)();
    try {
      await openStaging(root);
      await realDisk.makeFolder(folder);
      const load = async (params: Readonly<Record<string, unknown>>): Promise<Checked<PipelineGraph>> => {
        const set = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
        return await checkedGraph({ file: question.bad.file, set, paramsFiles: [] }, environment);
      };
      const mixer = await makeMixer(question, metadata, load, (baseDir) => codeRestorer(root, folder, baseDir));
      if (!mixer.ok) throw new InvalidPipeline(mixer.diagnostics);
      return await work(mixer.value);
    } finally {
      await realDisk.removeTree(folder).catch(() => undefined);
      await closeStaging(root);
    }
  });
}

function resultText(
  question: BisectQuestion,
  found: Bisection,
  switches: readonly Switch[],
  environment: Environment,
): string {
  const style = styleFor(environment.stdout.colors);
  const [good, bad] = [String(question.good.id), String(question.bad.id)];
  if (found.causes.length === 0) {
    const which = found.trials[0]?.isBad === true ? good : bad;
    return [
      `these changes do not tell: with all of them as in run ${which}, the pipeline as it is now gives another value than it gave then;`,
      'either it had nodes that are not in its file any more, or its steps do not give the same twice',
      '',
      `next: ${style.strong(`pipeline diff ${good} ${bad}${rootOption(environment)}`)}`,
      '',
    ].join('\n');
  }
  return [
    ...causeLines(found, switches, style.strong),
    '',
    `next: ${style.strong(`pipeline diff ${good} ${String(found.proof?.run ?? bad)}${rootOption(environment)}`)}`,
    '',
  ].join('\n');
}

function resultJson(question: BisectQuestion, { trials, causes }: Bisection, switches: readonly Switch[]): object {
  const { good, bad, node, metric, values } = question;
  return {
    node,
    metric,
    good: { run: good.id, value: values.good },
    bad: { run: bad.id, value: values.bad },
    switches: switches.map(({ name, changes, requires, because }) => ({
      name,
      changes: changes.map(({ kind, name: changed, before, after, parts }) => ({
        kind,
        name: changed,
        before,
        after,
        parts,
      })),
      requires,
      ...(because === undefined ? {} : { because }),
    })),
    trials,
    causes,
  };
}

async function search(
  question: BisectQuestion,
  { switches, mix }: Mixer,
  signals: Stop,
  environment: Environment,
): Promise<ExitStatus> {
  const { stdout, stderr, json } = environment;
  if (switches.length === 0) {
    const [good, bad] = [String(question.good.id), String(question.bad.id)];
    throw new RequestError(
      'no-difference',
      `nothing differs between run ${good} and run ${bad} that could be mixed`,
      `'pipeline diff ${good} ${bad}' says what does`,
    );
  }
  if (!json)
    stdout.write(
      questionLines(question, switches)
        .map((line) => `${line}\n`)
        .join(''),
    );
  const names = switches.map(({ name }) => name);
  const requires = (name: string): readonly string[] => switches.find((each) => each.name === name)?.requires ?? [];
  const found = await bisect(names, question.values, {
    requires,
    measure: async (switched) => {
      const mixed = runnable(await mix(switched));
      if (mixed.ok) return await measured(mixed.value, question, signals, environment);
      const isEnd = switched.length === 0 || switched.length === names.length;
      if (isEnd) throw new InvalidPipeline(mixed.diagnostics);
      return { run: undefined, failure: invalidity(mixed.diagnostics) };
    },
    told: (trial) => {
      if (!json) stdout.write(`  ${trialLine(trial, question)}\n`);
    },
  });
  if (found === undefined) {
    stderr.write('stopped\n');
    return EXIT.interrupted;
  }
  const end = found.trials.slice(0, 2).find(({ value }) => value === undefined);
  if (end?.failure !== undefined) {
    const { good, bad } = question;
    const which = end.switched.length === 0 ? good : bad;
    throw new StepError(
      'no-value',
      `run ${String(end.run)}, with all as in run ${String(which.id)}, gave no ${question.node}.${question.metric}: ${end.failure}`,
      `pipeline show ${String(end.run)}`,
    );
  }
  if (json) answerJson(environment, 'bisection', resultJson(question, found, switches));
  else stdout.write(resultText(question, found, switches, environment));
  return found.causes.length === 0 ? EXIT.failed : EXIT.done;
}

export const command: Command<BisectArguments> = async (args, environment) => {
  const question = await withStore(environment, ({ metadata }) => bisectQuestion(args, args.metric, metadata));
  const [stop, kill] = [new AbortController(), new AbortController()];
  const release = environment.onSignal(() => {
    if (stop.signal.aborted) kill.abort();
    else stop.abort();
  });
  try {
    return await withMixer(question, environment, (mixer) =>
      search(question, mixer, { stop: stop.signal, kill: kill.signal }, environment),
    );
  } finally {
    release();
  }
};
