/**
 * `pipeline plan`: what would run and why, and what is cached. Nothing is executed and nothing is written.
 */
import { access } from 'node:fs/promises';
import { openMetadataStore } from '../../../artifacts/metadata/sqlite-metadata-store.js';
import { openLocalArtifactStore } from '../../../artifacts/store/local-artifact-store.js';
import { findRoot } from '../../../artifacts/store/store-root.js';
import { planPipeline, type PlannedNode } from '../../plan/plan-pipeline.js';
import { plainLine } from '../../reporting/plain-text.js';
import { MARKS, paintState, styleFor, type NodeState } from '../../reporting/style.js';
import { EXIT, type Command } from '../command.js';
import type { PlanArguments } from '../arguments.js';
import { loadGraph } from '../load.js';
import { selectGraph } from '../select.js';

interface Line {
  readonly node: string;
  readonly component: string;
  readonly action: 'cached' | 'run' | 'skip' | 'wait' | 'fail';
  readonly reason: string;
}

function lineOf({ node, plan }: PlannedNode): Line {
  const base = { node: node.name, component: node.spec.name };
  switch (plan.kind) {
    case 'cached':
      return { ...base, action: 'cached', reason: `from run ${String(plan.from.execution.runId)}` };
    case 'resolved':
      return { ...base, action: 'cached', reason: plan.found };
    case 'run':
      return { ...base, action: 'run', reason: plan.reason };
    case 'skipped':
      return { ...base, action: 'skip', reason: plan.reason };
    case 'waits':
      return { ...base, action: 'wait', reason: `cached if ${plan.on.join(', ')} comes out the same` };
    case 'fails':
      return { ...base, action: 'fail', reason: plan.error.message };
  }
}

const STATES: Readonly<Record<Line['action'], NodeState>> = {
  cached: 'cached',
  run: 'running',
  skip: 'skipped',
  wait: 'waiting',
  fail: 'failed',
};

export const command: Command<PlanArguments> = async (args, environment) => {
  const { stdout, json } = environment;
  const selected = selectGraph(await loadGraph(args, environment), args);
  const root = await findRoot(environment.root);
  const there =
    root !== undefined &&
    (await access(root.metadata).then(
      () => true,
      () => false,
    ));
  const metadata = there ? openMetadataStore(root.metadata) : undefined;
  try {
    const store = metadata && root ? { metadata, artifacts: openLocalArtifactStore(root) } : undefined;
    const lines = (await planPipeline({ ...selected, store, cache: args.cache })).map(lineOf);
    if (json) {
      stdout.write(`${JSON.stringify({ type: 'plan', pipeline: selected.graph.name, nodes: lines })}\n`);
    } else {
      const style = styleFor(stdout.colors);
      const width = Math.max(...lines.map(({ node }) => node.length));
      for (const { node, action, reason } of lines) {
        const state = STATES[action];
        const mark = paintState(style, state)(`${MARKS[state]} ${action.padEnd(6)}`);
        stdout.write(`${mark} ${node.padEnd(width)}  ${plainLine(reason)}\n`);
      }
    }
    return lines.some(({ action }) => action === 'fail') ? EXIT.failed : EXIT.done;
  } finally {
    metadata?.close();
  }
};
