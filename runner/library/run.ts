/**
 * Runs a pipeline for a program, which is told what happens as it happens.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { RunEvent } from '../execution/run-event.js';
import type { RunResult } from '../execution/run-options.js';
import type { Pipeline } from './pipeline.js';
import type { PlanOptions } from './plan.js';

/** What is run, and how. */
export interface RunOptions extends PlanOptions {
  /** Steps that run at the same time. Default: one a core. */
  readonly jobs?: number;
  /** What they may take together. Default: the machine's cores and memory, no GPU. Memory in bytes. */
  readonly resources?: { readonly cpu?: number; readonly memory?: number; readonly gpu?: number };
  /** Whether nothing new starts once a step has failed; else only what needs it is given up. Default: false. */
  readonly failFast?: boolean;
  /** Whether every step that is executed is so twice, to see whether the same bytes come out. Default: false. */
  readonly checkDeterminism?: boolean;
  /** Aborts when the run is to stop: nothing new starts, and what runs is asked to end; 10 seconds later it is ended. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a pipeline. The run begins when the first event is asked for. Every event of it comes out, in order, `run-ended`
 * last; a step that fails is an event, no exception. Who leaves the loop early stops the run, and waits for its end.
 *
 * @returns events; after the last one, the number of the run and how it ended
 * @throws PipelineError `unknown-node`, `nothing-selected`; `invalid-pipeline` when a node takes more than there is
 * @throws StoreError when the store cannot be used, or another run of the pipeline is going on in it
 */
export async function* run(pipeline: Pipeline, options: RunOptions = {}): AsyncGenerator<RunEvent, RunResult> {
  const [{ select }, budgets, { runPipeline }, { realClock }, { stepLogs }, { EventQueue }] = await Promise.all([
    import('./select.js'),
    import('../graph/budget.js'),
    import('../execution/run-pipeline.js'),
    import('../reporting/reporter.js'),
    import('../reporting/logs/step-logs.js'),
    import('./event-queue.js'),
  ]);
  const {
    root = '.pipeline',
    cache = true,
    jobs,
    resources = {},
    failFast = false,
    checkDeterminism = false,
    signal,
  } = options;
  const selected = select(pipeline, options);
  if (jobs !== undefined && (!Number.isSafeInteger(jobs) || jobs < 1)) {
    throw new RangeError(`jobs is ${String(jobs)}, not a count`);
  }
  for (const [kind, amount] of Object.entries(resources)) {
    if (!Number.isFinite(amount) || amount < 0) throw new RangeError(`${kind} is ${String(amount)}, not an amount`);
  }
  const budget = budgets.machineBudget(resources, jobs);
  const tooLarge = budgets.overBudget(selected, budget);
  if (tooLarge.length > 0) {
    const { invalidPipeline } = await import('./invalid-pipeline.js');
    throw invalidPipeline(tooLarge);
  }
  const absolute = resolve(root);
  const events = new EventQueue<RunEvent>();
  const logs = stepLogs(absolute, realClock, (node, message) => {
    events.add({ type: 'step-log', node, level: 'warn', message });
  });
  const report = (event: RunEvent): void => {
    logs.report(event);
    events.add(event);
  };
  const stop = new AbortController();
  let over = false;
  const stopNow = (): void => {
    if (over || stop.signal.aborted) return;
    report({ type: 'run-stopping', kill: false });
    stop.abort();
  };
  if (signal?.aborted === true) stop.abort();
  signal?.addEventListener('abort', stopNow, { once: true });
  const running = runPipeline({
    ...selected,
    root: absolute,
    jobs: jobs ?? availableParallelism(),
    budget,
    cache,
    failFast,
    checkDeterminism,
    report,
    stop: stop.signal,
    kill: new AbortController().signal,
  }).finally(() => {
    over = true;
    signal?.removeEventListener('abort', stopNow);
    logs.close();
    events.end();
  });
  // It is awaited below; until then the events are read.
  running.catch(() => undefined);
  try {
    yield* events.read();
    const { run: id, outcome, differing } = await running;
    return { run: id, outcome, differing };
  } finally {
    stopNow();
    await running.catch(() => undefined);
  }
}
