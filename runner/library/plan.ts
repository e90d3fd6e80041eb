/**
 * What would run and why, for programs.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Forecast } from '../plan/forecast.js';
import type { PlannedNode } from '../plan/plan-pipeline.js';
import type { Pipeline } from './pipeline.js';
import type { SelectOptions } from './select.js';

/** What is planned, and with which store. */
export interface PlanOptions extends SelectOptions {
  /** Folder of the store. Default: `.pipeline` in the working folder. */
  readonly root?: string;
  /** Whether outputs of earlier runs may be used. Default: true. */
  readonly cache?: boolean;
}

/** What would become of a node. */
export type PlannedStep = { readonly node: string; readonly component: string } & (
  | {
      /** Its outputs are there. */ readonly action: 'cached';
      /** Number of the run that made them. */
      readonly fromRun: number;
      /** Of its outputs. */
      readonly bytes: number;
    }
  | {
      /** It puts out an artifact that is there already. */ readonly action: 'resolved';
      readonly digest: string;
      /** Where that comes from, in a few words. */
      readonly reason: string;
    }
  | {
      /** It would be executed. */ readonly action: 'run';
      /** Why no earlier execution stands for it, in a few words. */
      readonly reason: string;
      /** Milliseconds that it took before, as the median of the last five times; undefined where it never ran. */
      readonly expectedMs: number | undefined;
    }
  | {
      /** Something it needs runs first; it is cached if that comes out the same. */ readonly action: 'wait';
      readonly on: readonly string[];
      /** Should it run: as above. */
      readonly expectedMs: number | undefined;
    }
  | {
      /** Its condition does not hold, or what it needs is not made. */ readonly action: 'skip';
      readonly reason: string;
    }
  | {
      /** What its params name cannot be read, or it needs what no run has made. */ readonly action: 'fail';
      readonly code: string;
      readonly reason: string;
      readonly hint: string | undefined;
    }
);

function stepOf({ node, plan }: PlannedNode, expected: Forecast['expected']): PlannedStep {
  const base = { node: node.name, component: node.spec.name };
  const expectedMs = expected.get(node.name);
  switch (plan.kind) {
    case 'cached':
      return {
        ...base,
        action: 'cached',
        fromRun: plan.from.execution.runId,
        bytes: plan.from.outputs.reduce((sum, { artifact }) => sum + artifact.bytes, 0),
      };
    case 'resolved':
      return { ...base, action: 'resolved', digest: plan.artifact.digest, reason: plan.found };
    case 'run':
      return { ...base, action: 'run', reason: plan.reason, expectedMs };
    case 'waits':
      return { ...base, action: 'wait', on: plan.on, expectedMs };
    case 'skipped':
      return { ...base, action: 'skip', reason: plan.reason };
    case 'fails':
      return { ...base, action: 'fail', code: plan.error.code, reason: plan.error.message, hint: plan.error.hint };
  }
}

/**
 * Says for every selected node, and what it needs, what would become of it. Nothing is executed and nothing is written.
 *
 * @throws PipelineError `unknown-node`, `nothing-selected`
 * @throws StoreError when the store cannot be read
 */
export async function plan(pipeline: Pipeline, options: PlanOptions = {}): Promise<readonly PlannedStep[]> {
  const [
    { select },
    { planPipeline },
    { expectedTimes },
    { findRoot },
    { openMetadataStore },
    { openLocalArtifactStore },
  ] = await Promise.all([
    import('./select.js'),
    import('../plan/plan-pipeline.js'),
    import('../plan/forecast.js'),
    import('../../artifacts/store/store-root.js'),
    import('../../artifacts/metadata/sqlite-metadata-store.js'),
    import('../../artifacts/store/local-artifact-store.js'),
  ]);
  const selected = select(pipeline, options);
  const root = findRoot(resolve(options.root ?? '.pipeline'));
  const there = root !== undefined && existsSync(root.metadata);
  const metadata = there ? openMetadataStore(root.metadata) : undefined;
  try {
    const store = there && metadata ? { metadata, artifacts: openLocalArtifactStore(root) } : undefined;
    const planned = await planPipeline({ ...selected, store, cache: options.cache ?? true });
    const expected = expectedTimes(planned, selected.graph.name, metadata);
    return planned.map((each) => stepOf(each, expected));
  } finally {
    metadata?.close();
  }
}
