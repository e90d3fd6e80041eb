/**
 * `pipeline plan`: what would run and why, how long it may take, and what is cached. Nothing is executed and nothing is
 * written.
 */
import { access } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { openMetadataStore } from '../../../artifacts/metadata/sqlite-metadata-store.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { findRoot } from '../../../artifacts/store/store-root.js';
import { machineBudget, overBudget } from '../../graph/budget.js';
import { cachedOutputs, expectedTimes, forecast, type Forecast } from '../../plan/forecast.js';
import { planPipeline, type PlannedNode } from '../../plan/plan-pipeline.js';
import { plannedAction, planText } from '../../reporting/plan-text.js';
import { styleFor } from '../../reporting/text/style.js';
import { EXIT, InvalidPipeline, type Command, type ExitStatus } from '../command.js';
import type { PlanArguments } from '../arguments.js';
import { loadGraph } from '../load.js';
import { answerJson } from '../open-store.js';
import { selectGraph } from '../select.js';

function nodeJson(planned: PlannedNode, { expected }: Forecast): object {
  const { node } = planned;
  const outputs = [...cachedOutputs(planned).values()];
  return {
    node: node.name,
    component: node.spec.name,
    ...plannedAction(planned),
    ...(expected.has(node.name) ? { expectedMs: expected.get(node.name) ?? null } : {}),
    ...(outputs.length > 0 ? { bytes: outputs.reduce((sum, bytes) => sum + bytes, 0) } : {}),
  };
}

function planJson(planned: readonly PlannedNode[], expectation: Forecast, jobs: number): object {
  const { unknown, criticalPath, criticalPathMs, wallMs, cachedBytes, savedMs } = expectation;
  return {
    nodes: planned.map((each) => nodeJson(each, expectation)),
    forecast: { jobs, wallMs, criticalPath, criticalPathMs, unknown, cachedBytes, savedMs },
  };
}

function status(planned: readonly PlannedNode[], exitCode: boolean): ExitStatus {
  const actions = planned.map((each) => plannedAction(each).action);
  const wouldRun = exitCode && actions.some((action) => action === 'run' || action === 'wait');
  return wouldRun || actions.includes('fail') ? EXIT.failed : EXIT.done;
}

export const command: Command<PlanArguments> = async (args, environment) => {
  const { stdout } = environment;
  const selected = selectGraph(await loadGraph(args, environment), args);
  const budget = machineBudget(args.resources, args.jobs);
  const over = overBudget(selected, budget);
  if (over.length > 0) throw new InvalidPipeline(over);
  const root = findRoot(environment.root);
  const there =
    root !== undefined &&
    (await access(root.metadata).then(
      () => true,
      () => false,
    ));
  const metadata = there ? openMetadataStore(root.metadata) : undefined;
  try {
    const store = metadata && root ? { metadata, artifacts: openLocalArtifactStore(root) } : undefined;
    const planned = await planPipeline({ ...selected, store, cache: args.cache });
    const { name: pipeline } = selected.graph;
    const jobs = args.jobs ?? availableParallelism();
    const expectation = forecast(planned, expectedTimes(planned, pipeline, metadata), { jobs, budget });
    if (environment.json) answerJson(environment, 'plan', { pipeline, ...planJson(planned, expectation, jobs) });
    else {
      const columns = stdout.isTTY ? stdout.columns : Infinity;
      stdout.write(planText(planned, expectation, { jobs, style: styleFor(stdout.colors), columns }));
    }
    return status(planned, args.exitCode);
  } finally {
    metadata?.close();
  }
};
